// rootstock jobs pull
import type { Command } from 'commander';
import { pull, pullCommand } from '../pull.js';
import { run } from '../session.js';

export const jobsPull = (jobs: Command): Command =>
  pullCommand(jobs, 'save the files that a job made, each held against its digest').action((id: string, { output = id, file }: { output?: string; file?: string[] }, command: Command) =>
    run(command, async (session) => {
      const { client, signal } = session;
      const names = file ?? (await client.jobs.artifacts(id, { signal })).map(({ name }) => name);
      await pull(session, output, names, (name, onProgress) => client.jobs.artifact(id, name, { signal, onProgress }));
    }),
  );

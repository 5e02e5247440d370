// rootstock models pull
import type { Command } from 'commander';
import { pull, pullCommand } from '../pull.js';
import { run } from '../session.js';

export const modelsPull = (models: Command): Command =>
  pullCommand(models, 'save the files of a model, each held against its digest').action((id: string, { output = id, file }: { output?: string; file?: string[] }, command: Command) =>
    run(command, async (session) => {
      const { client, signal } = session;
      // An alias may come to mean another model between two files.
      const { id: model, files } = await client.models.wait(id, { signal });
      const names = file ?? files.map(({ name }) => name);
      await pull(session, output, names, (name, onProgress) => client.models.file(model, name, { signal, onProgress }));
    }),
  );

// rootstock jobs cancel, stop, pause, resume: each one call, answered at once.
import type { Command } from 'commander';
import { run } from '../session.js';
import { showJob } from '../show.js';

const ACTIONS = {
  cancel: 'end a job without a result',
  stop: 'end training now and keep what was learnt',
  pause: 'leave a job off, to be gone on with later',
  resume: 'let a paused job go on',
} as const;

export const jobsActions = (jobs: Command): Command[] =>
  (Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]).map((action) =>
    jobs
      .command(action)
      .description(ACTIONS[action])
      .argument('<id>', 'the job')
      .action((id: string, _: unknown, command: Command) => run(command, async ({ client, signal, show }) => show(await client.jobs[action](id, { signal }), showJob))),
  );

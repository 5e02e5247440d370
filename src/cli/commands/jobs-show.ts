// rootstock jobs show
import type { Command } from 'commander';
import { run } from '../session.js';
import { showJob } from '../show.js';

export const jobsShow = (jobs: Command): Command =>
  jobs
    .command('show')
    .description('one job')
    .argument('<id>', 'the job')
    .action((id: string, _: unknown, command: Command) => run(command, async ({ client, signal, show }) => show(await client.jobs.get(id, { signal }), showJob)));

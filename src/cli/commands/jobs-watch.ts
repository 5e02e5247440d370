// rootstock jobs watch
import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import { run } from '../session.js';
import { watch } from '../watch.js';

export const jobsWatch = (jobs: Command): Command =>
  jobs
    .command('watch')
    .description('follow a job to its end, and end as it does')
    .argument('<id>', 'the job')
    .option('--timeout <seconds>', 'end with 7 after so long', wholeNumber)
    .action((id: string, { timeout }: { timeout?: number }, command: Command) => run(command, (session) => watch(session, id, timeout)));

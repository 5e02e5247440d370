// rootstock jobs retry
import type { Command } from 'commander';
import { run } from '../session.js';
import { showJob } from '../show.js';
import { watch } from '../watch.js';

export const jobsRetry = (jobs: Command): Command =>
  jobs
    .command('retry')
    .description('make a job once more that failed, was cancelled or expired')
    .argument('<id>', 'the job')
    .option('--watch', 'follow the new job to its end, and end as it does')
    .action((id: string, options: { watch?: boolean }, command: Command) =>
      run(command, async (session) => {
        const job = await session.client.jobs.retry(id, { signal: session.signal });
        if (options.watch) return watch(session, job.id, undefined);
        session.show(job, showJob);
        return 'ok';
      }),
    );

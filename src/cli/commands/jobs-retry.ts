// rootstock jobs retry, reproduce
import type { Command } from 'commander';
import { run } from '../session.js';
import { showJob } from '../show.js';
import { watch } from '../watch.js';

const COMMANDS = [
  { name: 'retry', description: 'make a job once more that failed, was cancelled or expired' },
  { name: 'reproduce', description: 'make a job that succeeded once more, to see whether it comes to the same bytes' },
] as const;

export function jobsRetry(jobs: Command): void {
  for (const { name, description } of COMMANDS) {
    jobs
      .command(name)
      .description(description)
      .argument('<id>', 'the job')
      .option('--watch', 'follow the new job to its end, and end as it does')
      .action((id: string, options: { watch?: boolean }, command: Command) =>
        run(command, async (session) => {
          const job = await session.client.jobs[name](id, { signal: session.signal });
          if (options.watch) return watch(session, job.id, undefined);
          session.show(job, showJob);
          return 'ok';
        }),
      );
  }
}

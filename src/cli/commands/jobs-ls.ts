// rootstock jobs ls
import type { Command } from 'commander';
import type { JobFilter } from '../../client/index.js';
import { pair } from '../arguments.js';
import { filterOf, firstOf, listCommand, type ListOptions } from '../list.js';
import { table } from '../output.js';
import { run } from '../session.js';

export const jobsLs = (jobs: Command): Command =>
  listCommand(jobs, 'jobs')
    .option('--type <type>', 'of this kind')
    .option('--metadata <key=value>', 'with this among its metadata; may be repeated', pair)
    .action((options: ListOptions & { type?: JobFilter['type']; metadata?: Record<string, string> }, command: Command) =>
      run(command, async ({ client, signal, showEach }) => {
        const filter: JobFilter = { ...filterOf<JobFilter>(options), type: options.type, metadata: options.metadata };
        const found = await firstOf(client.jobs.list(filter, { signal }), options.limit);
        showEach(found, (shown) =>
          table(shown.map(({ id, name, type, status, progress, created_at: created }) => ({ id, name, type, status, done: progress ? `${progress.percent.toFixed(0)} %` : null, created })), 'There are no such jobs.'));
      }),
    );

// rootstock jobs report
import type { Command } from 'commander';
import { print } from '../output.js';
import { run } from '../session.js';
import { showReport } from '../show-report.js';

export const jobsReport = (jobs: Command): Command =>
  jobs
    .command('report')
    .description('what a fine-tuning, an evaluation, a comparison or a range test came to')
    .argument('<id>', 'the job')
    .option('--html', 'the page, on stdout')
    .action((id: string, { html }: { html?: boolean }, command: Command) =>
      run(command, async ({ client, signal, show }) => {
        if (html) print(await client.jobs.reportPage(id, { signal }));
        else show(await client.jobs.report(id, { signal }), showReport);
      }),
    );

// rootstock datasets show
import type { Command } from 'commander';
import { run } from '../session.js';
import { showDataset } from '../show.js';

export const datasetsShow = (datasets: Command): Command =>
  datasets
    .command('show')
    .description('one data set; --report says what its reading found')
    .argument('<id>', 'the data set')
    .option('--report', 'the report as JSON')
    .action((id: string, { report }: { report?: boolean }, command: Command) =>
      run(command, async ({ client, signal, show }) => {
        if (report) show(await client.datasets.report(id, { signal }), (found) => process.stdout.write(`${JSON.stringify(found, null, 2)}\n`));
        else show(await client.datasets.get(id, { signal }), showDataset);
      }),
    );

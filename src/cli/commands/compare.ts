// rootstock compare
import type { Command } from 'commander';
import type { AnyJobRequest } from '../../client/index.js';
import { line, note } from '../output.js';
import { documentAt } from '../read-files.js';
import { run } from '../session.js';
import { showJob } from '../show.js';
import { showReport } from '../show-report.js';
import { watch } from '../watch.js';

export const compare = (program: Command): Command =>
  program
    .command('compare')
    .description('train several plans on one data set, and print their table')
    .requiredOption('-f, --file <file>', 'the request, as YAML or JSON ("type" may be left out); "-" is stdin')
    .option('--detach', 'only submit it')
    .action(({ file, detach }: { file: string; detach?: boolean }, command: Command) =>
      run(command, async (session) => {
        const { client, signal, json, show } = session;
        const request = { ...(await documentAt(file)), type: 'compare' } as unknown as AnyJobRequest;
        const job = await client.jobs.submit(request, { signal });
        if (detach) {
          show(job, showJob);
          return 'ok';
        }
        if (!json) note(`${job.id} is submitted; Ctrl-C leaves it running.`);
        const ending = await watch(session, job.id, undefined);
        if (ending !== 'ok') return ending;
        const report = await client.jobs.report(job.id, { signal });
        if (json) line(report);
        else showReport(report);
        return 'ok';
      }),
    );

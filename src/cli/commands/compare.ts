// rootstock compare
import type { Command } from 'commander';
import type { AnyJobRequest } from '../../client/index.js';
import { documentAt } from '../read-files.js';
import { reportOf } from '../report-of.js';
import { run } from '../session.js';

export const compare = (program: Command): Command =>
  program
    .command('compare')
    .description('train several plans on one data set, and print their table')
    .requiredOption('-f, --file <file>', 'the request, as YAML or JSON ("type" may be left out); "-" is stdin')
    .option('--detach', 'only submit it')
    .action(({ file, detach }: { file: string; detach?: boolean }, command: Command) =>
      run(command, async (session) => {
        const request = { ...(await documentAt(file)), type: 'compare' } as unknown as AnyJobRequest;
        return (await reportOf(session, request, detach)).ending;
      }),
    );

// rootstock jobs logs
import type { Command } from 'commander';
import { print } from '../output.js';
import { run } from '../session.js';

export const jobsLogs = (jobs: Command): Command =>
  jobs
    .command('logs')
    .description('what the processes of a job wrote')
    .argument('<id>', 'the job')
    .action((id: string, _: unknown, command: Command) =>
      run(command, async ({ client, signal, showEach }) =>
        showEach(await client.jobs.logs(id, { signal }), (lines) => lines.forEach(({ time, level, msg }) => print(`${time}  ${String(level).padEnd(5)}  ${msg}`)))),
    );

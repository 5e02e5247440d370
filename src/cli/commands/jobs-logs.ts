// rootstock jobs logs
import type { Command } from 'commander';
import type { LogLine } from '../../client/index.js';
import { print } from '../output.js';
import { run } from '../session.js';

export const jobsLogs = (jobs: Command): Command =>
  jobs
    .command('logs')
    .description('what the processes of a job wrote')
    .argument('<id>', 'the job')
    .action((id: string, _: unknown, command: Command) =>
      run(command, async ({ client, signal, showEach }) => {
        for await (const line of client.jobs.logs(id, {}, { signal })) showEach([line], printLines);
      }),
    );

const printLines = (lines: readonly LogLine[]): void => lines.forEach(({ time, level, message }) => print(`${time}  ${level.padEnd(5)}  ${message}`));

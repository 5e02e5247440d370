// rootstock jobs submit
import type { Command } from 'commander';
import type { AnyJobRequest } from '../../client/index.js';
import { wholeNumber } from '../arguments.js';
import { facts, line, note, sizeText } from '../output.js';
import { documentAt } from '../read-files.js';
import { run } from '../session.js';
import { showJob } from '../show.js';
import { timeText } from '../sparkline.js';
import { watch } from '../watch.js';

interface Options {
  file: string;
  watch?: boolean;
  dryRun?: boolean;
  timeout?: number;
  idempotencyKey?: string;
}

export const jobsSubmit = (jobs: Command): Command =>
  jobs
    .command('submit')
    .description('submit a job')
    .requiredOption('-f, --file <file>', 'the request, as YAML or JSON; "-" is stdin')
    .option('--watch', 'follow it to its end, and end as it does')
    .option('--timeout <seconds>', 'with --watch: end with 7 after so long', wholeNumber)
    .option('--dry-run', 'say what it would take, and create nothing')
    .option('--idempotency-key <key>', 'the same key again: the same job (default: a new one)')
    .action((options: Options, command: Command) =>
      run(command, async (session) => {
        const { client, signal, json, show } = session;
        // What it must hold is for the service to say, which points at each value.
        const request = (await documentAt(options.file)) as unknown as AnyJobRequest;
        if (options.dryRun) {
          show(await client.jobs.estimate(request, { signal }), ({ steps, memory_bytes: memory, seconds }) =>
            facts({ steps, memory: sizeText(memory), time: `${timeText(seconds.expected)} (${timeText(seconds.low)} to ${timeText(seconds.high)})` }));
          return 'ok';
        }
        const job = await client.jobs.submit(request, { signal, idempotencyKey: options.idempotencyKey });
        if (!options.watch) {
          show(job, showJob);
          return 'ok';
        }
        if (json) line(job);
        else note(`${job.id} is submitted; Ctrl-C leaves it running.`);
        return watch(session, job.id, options.timeout);
      }),
    );

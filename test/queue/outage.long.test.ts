// Long outages: BullMQ before 6.3.3 never took a task again after one of more than 6 seconds (taskforcesh/bullmq#4585).
import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { openConsumer, openQueue } from '#queue/queues/bullmq.js';
import { until } from '../support/until.js';
import { Valkey } from '../support/valkey.js';

const KINDS = {
  kill: { strike: (valkey: Valkey) => valkey.kill(), mend: (valkey: Valkey) => valkey.startAgain() },
  hang: { strike: async (valkey: Valkey) => valkey.signal('SIGSTOP'), mend: async (valkey: Valkey) => valkey.signal('SIGCONT') },
};
const OUTAGES = (['kill', 'hang'] as const).flatMap((kind) => [3, 7, 30, 60].map((seconds) => ({ kind, seconds })));

/** A consumer as a worker has it, beside a server of its own: a task that another case left locked would look like one that nobody takes. */
async function opened() {
  const valkey = await Valkey.start();
  const errors: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) });
  const consumer = await openConsumer(valkey.connection, { lockSeconds: 40, stallCheckSeconds: 10, log });
  const queue = await openQueue(valkey.connection);
  const close = async (): Promise<void> => {
    await consumer.close();
    await queue.close();
    await valkey.stop();
  };
  return { valkey, consumer, queue, errors, close };
}

describe('a consumer that waits for tasks', () => {
  it.each(OUTAGES)('takes one within 10 seconds after a $kind of $seconds seconds', async ({ kind, seconds }) => {
    const { valkey, consumer, queue, errors, close } = await opened();
    const handled: string[] = [];
    consumer.consume('train', async (id) => void handled.push(id));
    await queue.add('train', 'job_0', 5);
    await until('the consumer waits for more', async () => handled.length === 1 && !(await queue.holds('train', 'job_0')));

    await KINDS[kind].strike(valkey);
    await delay(seconds * 1_000);
    await KINDS[kind].mend(valkey);

    await until('a task is accepted', () => queue.add('train', 'job_1', 5).then(() => true, () => false));
    const acceptedAt = performance.now();
    await until('it is handed out', () => handled.includes('job_1'), 30_000);
    process.stderr.write(`After a ${kind} of ${seconds} s a task was taken ${Math.round(performance.now() - acceptedAt)} ms after it was accepted.\n`);
    expect(performance.now() - acceptedAt).toBeLessThan(10_000);
    // Not by the watchdog, which is for what does not mend itself.
    expect(errors).toEqual([]);
    await close();
  }, 120_000);
});

describe('a consumer that works on a task', () => {
  it.each(OUTAGES.filter(({ seconds }) => seconds === 30))('works on through a $kind of 30 seconds', async ({ kind, seconds }) => {
    const { valkey, consumer, queue, close } = await opened();
    let runs = 0;
    let aborted: unknown;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    consumer.consume('train', async (_id, signal) => {
      runs += 1;
      signal.addEventListener('abort', () => void (aborted = signal.reason));
      await finished;
    });
    await queue.add('train', 'job_0', 5);
    await until('it runs', () => runs === 1);
    // At any moment between two renewals of the lock.
    await delay(Math.random() * 8_000);
    await KINDS[kind].strike(valkey);
    await delay(seconds * 1_000);
    await KINDS[kind].mend(valkey);
    await until('the lock is renewed', async () => (await valkey.redis.pttl('rootstock:train:job_0:lock')) > 32_000, 20_000);
    finish();
    await until('it is done', () => queue.holds('train', 'job_0').then((holds) => !holds, () => false));
    expect({ runs, aborted }).toEqual({ runs: 1, aborted: undefined });
    await close();
  }, 120_000);
});

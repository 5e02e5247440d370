// A queue server that stands still: its connections stay, and nothing is answered.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openQueue } from '#queue/queues/bullmq.js';
import type { Queue } from '#queue/queue.js';
import { until } from '../support/until.js';
import { Valkey } from '../support/valkey.js';

let valkey: Valkey;
let queue: Queue;
beforeEach(async () => {
  valkey = await Valkey.start();
  queue = await openQueue(valkey.connection);
});
afterEach(async () => {
  valkey.signal('SIGCONT');
  await queue.close();
  await valkey.stop();
});

const failed = async (work: Promise<unknown>): Promise<{ code: string; tookMs: number }> => {
  const startedMs = performance.now();
  const { code } = (await work.then(() => ({ code: 'none' }), (problem: unknown) => problem)) as { code: string };
  return { code, tookMs: performance.now() - startedMs };
};

describe('F23: a queue whose server stands still', () => {
  it('waits for it once, fails at once from then on, and goes on when it does', async () => {
    await queue.add('train', 'job_0', 5);
    valkey.signal('SIGSTOP');
    const first = await failed(queue.ready());
    expect(first.code).toBe('QUEUE_UNAVAILABLE');
    expect(first.tookMs).toBeGreaterThan(1_500);

    const calls = [() => queue.ready(), () => queue.workers(), () => queue.add('train', 'job_1', 5), () => queue.held('train'), () => queue.server(), () => queue.ahead('train', 'job_0')];
    const startedMs = performance.now();
    for (const call of calls) expect((await failed(call())).code).toBe('QUEUE_UNAVAILABLE');
    // One after the other they would take 12 seconds.
    expect(performance.now() - startedMs).toBeLessThan(1_500);

    valkey.signal('SIGCONT');
    await until('tasks are taken again', () => queue.add('train', 'job_2', 5).then(() => true, () => false), 15_000);
    expect(await queue.holds('train', 'job_0')).toBe(true);
    expect(await queue.holds('train', 'job_2')).toBe(true);
  });
});

// Long outages: BullMQ before 6.3.3 never took a task again after one of more than 6 seconds (taskforcesh/bullmq#4585).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { openConsumer, openQueue } from '#queue/queues/bullmq.js';
import { until } from '../support/until.js';
import { Valkey } from '../support/valkey.js';

let valkey: Valkey;
beforeAll(async () => {
  valkey = await Valkey.start();
});
afterAll(() => valkey.stop());

describe('a consumer that waits for tasks', () => {
  it.each([
    ['kill', 3],
    ['kill', 8],
    ['kill', 30],
    ['hang', 3],
    ['hang', 8],
    ['hang', 30],
  ])('goes on after a %s of %i seconds', async (kind, seconds) => {
    const consumer = await openConsumer(valkey.connection, { lockSeconds: 30, stallCheckSeconds: 15, log: pino({ level: 'silent' }) });
    const queue = await openQueue(valkey.connection);
    const handled: string[] = [];
    consumer.consume('train', async (id) => void handled.push(id));
    await queue.add('train', 'job_0', 5);
    await until('the consumer waits for more', () => handled.length === 1);

    if (kind === 'kill') await valkey.kill();
    else valkey.signal('SIGSTOP');
    await delay(seconds * 1_000);
    if (kind === 'kill') await valkey.startAgain();
    else valkey.signal('SIGCONT');

    await until('a task is accepted', () => queue.add('train', 'job_1', 5).then(() => true, () => false));
    const acceptedAt = performance.now();
    await until('it is handed out', () => handled.includes('job_1'), 30_000);
    expect(performance.now() - acceptedAt).toBeLessThan(10_000);
    await consumer.close();
    await queue.close();
  }, 90_000);
});

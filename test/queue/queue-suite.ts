// What every queue must do, whatever it runs on. A new driver passes this suite.
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { TryAgain, type Consumer, type Handler, type Queue } from '#queue/queue.js';
import { until } from '../support/until.js';
import { workerStatus } from '../support/workers.js';

export interface QueueUnderTest {
  openQueue: () => Promise<Queue>;
  /** With a lock of 2 seconds and a look for dead workers each second. */
  openConsumer: () => Promise<Consumer>;
  /** Back to an empty server. */
  empty: () => Promise<void>;
}

const ended = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

export function queueSuite({ openQueue, openConsumer, empty }: QueueUnderTest): void {
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(each: T): T => {
    opened.unshift(each);
    return each;
  };
  const queue = async () => keep(await openQueue());
  const consumer = async () => keep(await openConsumer());

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    await empty();
  });

  describe('waiting tasks', () => {
    it('are handed out once each, by priority and then in order, 200 of them', async () => {
      const producer = await queue();
      const added = Array.from({ length: 200 }, (_, i) => ({ id: `job_${i}`, priority: (i * 7) % 11 }));
      for (const { id, priority } of added) await producer.add('train', id, priority);
      expect(await producer.counts('train')).toEqual({ waiting: 200, active: 0 });

      const order: string[] = [];
      (await consumer()).consume('train', async (id) => void order.push(id));
      await until('all were handed out', () => order.length === 200);
      const expected = [...added].sort((a, b) => b.priority - a.priority).map(({ id }) => id);
      expect(order).toEqual(expected);
      await until('none is left', async () => !(await producer.holds('train', expected.at(-1) ?? '')));
      expect(await producer.counts('train')).toEqual({ waiting: 0, active: 0 });
    });

    it('know how many go before them', async () => {
      const producer = await queue();
      await producer.add('train', 'job_a', 5);
      await producer.add('train', 'job_b', 0);
      await producer.add('train', 'job_c', 5);
      await producer.add('train', 'job_d', 10);
      const ahead = async () => Promise.all(['job_d', 'job_a', 'job_c', 'job_b'].map((id) => producer.ahead('train', id)));
      expect(await ahead()).toEqual([0, 1, 2, 3]);
      await producer.remove('train', 'job_d');
      expect(await ahead()).toEqual([undefined, 0, 1, 2]);
      expect(await producer.ahead('ingest', 'job_a')).toBeUndefined();
    });

    it('are added once, however often they are added while they wait or run', async () => {
      const producer = await queue();
      const started: string[] = [];
      let finish = (): void => undefined;
      const finished = new Promise<void>((resolve) => (finish = resolve));
      await Promise.all([1, 2, 3].map(() => producer.add('train', 'job_1', 5)));
      expect((await producer.counts('train')).waiting).toBe(1);
      (await consumer()).consume('train', async (id) => {
        started.push(id);
        await finished;
      });
      await until('it runs', () => started.length === 1);
      await producer.add('train', 'job_1', 5);
      expect(await producer.counts('train')).toEqual({ waiting: 0, active: 1 });
      expect(await producer.holds('train', 'job_1')).toBe(true);
      finish();
      await until('it is gone', async () => !(await producer.holds('train', 'job_1')));
      expect(started).toEqual(['job_1']);
    });

    it('can be taken out, but not while they run and not when they are gone', async () => {
      const producer = await queue();
      await producer.add('train', 'job_1', 5);
      expect(await producer.remove('train', 'job_1')).toBe(true);
      expect(await producer.remove('train', 'job_1')).toBe(false);
      expect(await producer.holds('train', 'job_1')).toBe(false);

      let running = false;
      (await consumer()).consume('train', async (_id, signal) => {
        running = true;
        await ended(signal);
      });
      await producer.add('train', 'job_2', 5);
      await until('it runs', () => running);
      expect(await producer.remove('train', 'job_2')).toBe(false);
      expect(await producer.ahead('train', 'job_2')).toBeUndefined();
      expect(await producer.holds('train', 'job_2')).toBe(true);
    });

    it('of one kind are not handed to a handler of the other', async () => {
      const producer = await queue();
      const handled: string[] = [];
      const worker = await consumer();
      worker.consume('train', async (id) => void handled.push(`train ${id}`));
      worker.consume('ingest', async (id) => void handled.push(`ingest ${id}`));
      await producer.add('ingest', 'ds_1', 5);
      await producer.add('train', 'job_1', 5);
      await until('both were handled', () => handled.length === 2);
      expect(handled.sort()).toEqual(['ingest ds_1', 'train job_1']);
    });

    it('can all be forgotten', async () => {
      const producer = await queue();
      for (let i = 0; i < 5; i++) await producer.add('train', `job_${i}`, 5);
      await producer.add('ingest', 'ds_1', 5);
      await producer.clear();
      expect(await producer.counts('train')).toEqual({ waiting: 0, active: 0 });
      expect(await producer.holds('ingest', 'ds_1')).toBe(false);
      const handled: string[] = [];
      (await consumer()).consume('train', async (id) => void handled.push(id));
      await producer.add('train', 'job_3', 5);
      await until('one added afterwards is handed out', () => handled.length === 1);
    });
  });

  describe('a handler', () => {
    it('gets the task again after the time it asked for, and others meanwhile', async () => {
      const producer = await queue();
      const handled: string[] = [];
      const times: number[] = [];
      (await consumer()).consume('train', async (id) => {
        handled.push(id);
        if (id !== 'job_1') return;
        times.push(performance.now());
        if (times.length === 1) throw new TryAgain(400);
      });
      await producer.add('train', 'job_1', 10);
      await until('it was tried', () => times.length === 1);
      await producer.add('train', 'job_2', 0);
      await until('it was tried again', () => times.length === 2);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(390);
      expect(handled).toEqual(['job_1', 'job_2', 'job_1']);
    });

    it('that waits to try again lets its task count as waiting, and be taken out', async () => {
      const producer = await queue();
      let tries = 0;
      (await consumer()).consume('train', async () => {
        tries += 1;
        throw new TryAgain(60_000);
      });
      await producer.add('train', 'job_1', 5);
      await until('it waits again', async () => tries === 1 && (await producer.counts('train')).waiting === 1);
      expect(await producer.holds('train', 'job_1')).toBe(true);
      expect(await producer.ahead('train', 'job_1')).toBe(0);
      expect(await producer.remove('train', 'job_1')).toBe(true);
    });

    it('that fails in an unforeseen way gets the task again', async () => {
      const producer = await queue();
      let tries = 0;
      (await consumer()).consume('train', async () => {
        tries += 1;
        if (tries === 1) throw new TypeError('unforeseen');
      });
      await producer.add('train', 'job_1', 5);
      await until('it is done', async () => tries === 2 && !(await producer.holds('train', 'job_1')));
    });

    it('is told when its task is interrupted, and others are not', async () => {
      const producer = await queue();
      const reasons = new Map<string, unknown>();
      const running = new Set<string>();
      const handler: Handler = async (id, signal) => {
        running.add(id);
        await ended(signal);
        reasons.set(id, signal.reason);
      };
      (await consumer()).consume('train', handler);
      (await consumer()).consume('train', handler);
      await producer.add('train', 'job_1', 5);
      await producer.add('train', 'job_2', 5);
      await until('both run', () => running.size === 2);
      await producer.interrupt('job_2');
      await until('it is gone', async () => !(await producer.holds('train', 'job_2')));
      expect([...reasons]).toEqual([['job_2', 'interrupted']]);
      await producer.interrupt('job_nobody_has');
    });
  });

  describe('workers', () => {
    it('never have the same task at once', async () => {
      const producer = await queue();
      const running = new Set<string>();
      const handled: string[] = [];
      const twice: string[] = [];
      const handler: Handler = async (id) => {
        if (running.has(id)) twice.push(id);
        running.add(id);
        await new Promise((resolve) => setImmediate(resolve));
        running.delete(id);
        handled.push(id);
      };
      for (let i = 0; i < 3; i++) (await consumer()).consume('train', handler);
      await Promise.all(Array.from({ length: 60 }, (_, i) => producer.add('train', `job_${i}`, i % 11)));
      await until('all were handled', () => handled.length >= 60);
      expect(twice).toEqual([]);
      expect(new Set(handled).size).toBe(60);
    });

    it('that close put their task back, and another takes it at once', async () => {
      const producer = await queue();
      const first = await consumer();
      const reasons: unknown[] = [];
      let running = false;
      first.consume('train', async (_id, signal) => {
        running = true;
        await ended(signal);
        reasons.push(signal.reason);
        throw new Error('ended in the middle');
      });
      await producer.add('train', 'job_1', 5);
      await until('it runs', () => running);
      const handled: string[] = [];
      (await consumer()).consume('train', async (id) => void handled.push(id));
      const closedAt = performance.now();
      await first.close();
      await until('another has it', () => handled.length === 1);
      expect(performance.now() - closedAt).toBeLessThan(2_000); // not by the lock's end
      expect(reasons).toEqual(['closing']);
    });

    it('that close end a task that was finished all the same', async () => {
      const producer = await queue();
      const worker = await consumer();
      let running = false;
      worker.consume('train', async (_id, signal) => {
        running = true;
        await ended(signal);
      });
      await producer.add('train', 'job_1', 5);
      await until('it runs', () => running);
      await worker.close();
      expect(await producer.holds('train', 'job_1')).toBe(false);
    });

    it('are listed while they announce themselves', async () => {
      const producer = await queue();
      const [first, second] = [await consumer(), await consumer()];
      await first.announce(workerStatus('worker_1', ['job_1']), 60);
      await second.announce(workerStatus('worker_2'), 1);
      expect(await producer.workers()).toEqual([workerStatus('worker_1', ['job_1']), workerStatus('worker_2')]);
      await until('one was not announced again', async () => (await producer.workers()).length === 1);
      await first.close();
      expect(await producer.workers()).toEqual([]);
    });
  });
}

// Tasks that nobody takes though the queue server is well: seen by the watchdog and mended by it; and everything that only looks like it.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { pino } from 'pino';
import { openConsumer, openQueue } from '#queue/queues/bullmq.js';
import { Verdicts, WATCH_TIMES, type Seen, type WatchTimes } from '#queue/queues/watchdog.js';
import type { Consumer, Handler, Queue } from '#queue/queue.js';
import { SilentProxy } from '../support/silent-proxy.js';
import { until } from '../support/until.js';
import { Valkey } from '../support/valkey.js';

describe('the verdict on what is seen', () => {
  const times: WatchTimes = { everyMs: 1, looks: 3, againWithinMs: 1_000 };
  const well: Seen = { serverWell: true, free: true, connected: true, ignored: false };
  const ignored: Seen = { ...well, ignored: true };
  const at = (seen: readonly Seen[], startMs = 0, verdicts = new Verdicts(times)) => seen.map((one, n) => verdicts.next(one, startMs + n));

  it.each<[string, Seen]>([
    ['tasks are ignored', ignored],
    ['a connection is not there', { ...well, connected: false }],
  ])('is to begin anew where three times in a row %s', (_what, seen) => {
    expect(at([seen, seen, well, seen, seen, seen, seen])).toEqual(['leave', 'leave', 'leave', 'leave', 'leave', 'begin_anew', 'leave']);
  });

  it.each<[string, Seen]>([
    ['is idle', well],
    ['is busy, whatever waits', { ...ignored, free: false, connected: false }],
    ['has no server, or one that writes nothing', { ...ignored, serverWell: false, connected: false }],
  ])('is to leave a consumer alone that %s', (_what, seen) => {
    expect(new Set(at(Array.from({ length: 50 }, () => seen)))).toEqual(new Set(['leave']));
  });

  it('is to give up where it goes wrong again soon, and to begin anew where that was long ago', () => {
    const verdicts = new Verdicts(times);
    const three = [ignored, ignored, ignored];
    expect(at(three, 0, verdicts).at(-1)).toBe('begin_anew');
    expect(at(three, 5_000, verdicts).at(-1)).toBe('begin_anew');
    expect(at(three, 5_500, verdicts).at(-1)).toBe('give_up');
  });

  it('comes soon enough for a task to be taken within 30 seconds, and not before BullMQ has had its own way', () => {
    // BullMQ waits 5 seconds for a task, 1 more for the answer, and 2 for the connection to close.
    expect(WATCH_TIMES.everyMs * (WATCH_TIMES.looks - 1)).toBeGreaterThan(8_000);
    expect(WATCH_TIMES.everyMs * (WATCH_TIMES.looks + 1)).toBeLessThan(30_000);
  });
});

describe('a consumer', () => {
  const QUICK: WatchTimes = { everyMs: 100, looks: 5, againWithinMs: 60_000 };
  const NEVER: WatchTimes = { ...QUICK, everyMs: 3_600_000 };
  let valkey: Valkey;
  let proxy: SilentProxy;
  let producer: Queue;
  let errors: string[];
  const opened: Consumer[] = [];
  beforeEach(async () => {
    valkey = await Valkey.start();
    proxy = await SilentProxy.start(valkey.socketPath);
    producer = await openQueue(valkey.connection);
    errors = [];
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    await producer.close();
    await proxy.close();
    await valkey.stop();
  });

  const log = pino({ level: 'error' }, { write: (line: string) => void errors.push((JSON.parse(line) as { msg: string }).msg) });
  async function consumer(watch: WatchTimes, handler: Handler): Promise<Consumer> {
    const made = await openConsumer(proxy.connection, { lockSeconds: 30, stallCheckSeconds: 15, log, watch });
    opened.push(made);
    made.consume('train', handler);
    return made;
  }
  /** One that has taken a task already and waits for the next, in a blocking command (flag b). */
  async function waiting(watch: WatchTimes): Promise<string[]> {
    const handled: string[] = [];
    await consumer(watch, async (id) => void handled.push(id));
    await producer.add('train', 'job_0', 5);
    await until('it waits for more', async () => handled.length === 1 && String(await valkey.redis.client('LIST')).includes(' flags=b'));
    return handled;
  }
  /** Each look makes a connection of its own. */
  const looks = async (count: number): Promise<void> => {
    const before = proxy.made;
    await until(`it has looked ${count} times`, () => proxy.made >= before + count);
  };

  it('F23: whose connections went dead unnoticed takes no task for as long as BullMQ is alone with it', async () => {
    const handled = await waiting(NEVER);
    proxy.silence();
    await producer.add('train', 'job_1', 5);
    const before = proxy.made;
    await until('BullMQ has made its blocking connection anew', () => proxy.made > before);
    await expect(until('it is taken', () => handled.includes('job_1'), 5_000)).rejects.toThrow('not within');
    expect(await producer.counts('train')).toEqual({ waiting: 1, active: 0 });
  });

  it('F23: whose connections went dead unnoticed takes tasks again over new ones', async () => {
    const handled = await waiting(QUICK);
    proxy.silence();
    await producer.add('train', 'job_1', 5);
    await until('it is taken', () => handled.includes('job_1'), 20_000);
    expect(errors).toEqual(['No tasks are taken though the queue server is well; the connections to it are made anew.']);
    await producer.add('train', 'job_2', 5);
    await until('the next is taken', () => handled.includes('job_2'));
    await until('none is left', async () => !(await producer.holds('train', 'job_2')));
    expect(errors).toHaveLength(1);
  });

  it('that is not mended by that says that it is stuck', async () => {
    const handled: string[] = [];
    proxy.silenceWhoSays(/bzpopmin|eval/i);
    const made = await consumer(QUICK, async (id) => void handled.push(id));
    await producer.add('train', 'job_1', 5);
    expect(await made.stuck).toBe('train');
    expect({ handled, errors }).toEqual({ handled: [], errors: [expect.stringContaining('made anew')] });
  }, 60_000);

  it('F23: whose connections went dead while a task is at work is told of an interrupt all the same', async () => {
    let reason: unknown;
    let running = false;
    await consumer({ ...QUICK, looks: 2 }, async (_id, signal) => {
      // At once: what was sent at the beginning of the run is not heard either, and is said again once the connection is made anew.
      proxy.silence();
      running = true;
      await once(signal, 'abort');
      reason = signal.reason;
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => running);
    await producer.interrupt('job_1');
    await until('the handler was told', () => reason === 'interrupted', 40_000);
  }, 60_000);

  it('is left alone while it is idle, and while it is busy and others wait', async () => {
    let go = (): void => undefined;
    const finished = new Promise<void>((resolve) => (go = resolve));
    await consumer(QUICK, () => finished);
    await looks(12);
    for (const id of ['job_1', 'job_2']) await producer.add('train', id, 5);
    await looks(12);
    go();
    await until('both are done', async () => !(await producer.holds('train', 'job_1')) && !(await producer.holds('train', 'job_2')));
    expect(errors).toEqual([]);
  });

  it('looks for tasks whose worker died also after the clock was an hour ahead and was set back', async () => {
    const mark = 'rootstock:train:stalled-check';
    await waiting(QUICK);
    await until('a stall check was made', async () => (await valkey.redis.pttl(mark)) > 0);
    await valkey.redis.pexpire(mark, 3_600_000);
    await until('the next is due', async () => (await valkey.redis.pttl(mark)) <= 15_000);
    expect(errors).toEqual([]);
  });

  it('is left alone while the queue hands out nothing', async () => {
    const handled = await waiting(QUICK);
    await valkey.redis.hset('rootstock:train:meta', 'paused', '1');
    await producer.add('train', 'job_1', 5);
    await looks(12);
    expect({ handled, errors }).toEqual({ handled: ['job_0'], errors: [] });
  });

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['takes no writes', async () => valkey.redis.config('SET', 'maxmemory', '1'), async () => valkey.redis.config('SET', 'maxmemory', '0')],
    ['is gone', () => valkey.kill(), () => valkey.startAgain()],
  ])('is left alone while the server %s, and takes what waits when it is well again', async (_what, strike, mend) => {
    // BullMQ and ioredis need up to a second to notice that it is well again.
    const handled = await waiting({ ...QUICK, looks: 30 });
    await producer.add('train', 'job_1', 5);
    await strike();
    await looks(35);
    await mend();
    await until('what waits is taken', () => handled.includes('job_1'));
    expect(errors).toEqual([]);
  });
});

// The queue on BullMQ and a real Valkey: the suite of all queues, and what happens when the server or a lock goes away.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { serverFromInfo } from '#queue/connection.js';
import { openConsumer, openQueue } from '#queue/queues/bullmq.js';
import { TryAgain, type Consumer, type Queue } from '#queue/queue.js';
import { until } from '../support/until.js';
import { Valkey } from '../support/valkey.js';
import { queueSuite } from './queue-suite.js';

const silent = pino({ level: 'silent' });
let valkey: Valkey;
beforeAll(async () => {
  valkey = await Valkey.start();
});
afterAll(() => valkey.stop());

const open = {
  openQueue: () => openQueue(valkey.connection),
  openConsumer: () => openConsumer(valkey.connection, { lockSeconds: 2, stallCheckSeconds: 1, log: silent }),
  empty: async () => void (await valkey.redis.flushall()),
};

describe('a BullMQ queue', () => {
  queueSuite(open);
});

describe('a BullMQ queue whose server fails', () => {
  const opened: { close(): Promise<void> }[] = [];
  const queue = async (): Promise<Queue> => {
    const made = await open.openQueue();
    opened.unshift(made);
    return made;
  };
  const consumer = async (): Promise<Consumer> => {
    const made = await open.openConsumer();
    opened.unshift(made);
    return made;
  };
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    await open.empty();
  });

  it('closes a consumer while the server is away', async () => {
    const producer = await queue();
    const worker = await consumer();
    let reason: unknown;
    let running = false;
    worker.consume('train', async (_id, signal) => {
      running = true;
      await once(signal, 'abort');
      reason = signal.reason;
      throw new Error('ended in the middle');
    });
    worker.consume('ingest', async () => undefined);
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => running);
    await valkey.kill();
    const startedAt = performance.now();
    await worker.close();
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(reason).toBe('closing');
    await valkey.startAgain();
    const handled: string[] = [];
    (await consumer()).consume('train', async (id) => void handled.push(id));
    await until('another has it', () => handled.length === 1);
  });

  it('fails each call with QUEUE_UNAVAILABLE within 2 seconds, and works again when the server is back', async () => {
    const producer = await queue();
    await producer.add('train', 'job_1', 5);
    await valkey.kill();
    const startedAt = performance.now();
    const calls = [
      () => producer.add('train', 'job_2', 5),
      () => producer.remove('train', 'job_1'),
      () => producer.ahead('train', 'job_1'),
      () => producer.holds('train', 'job_1'),
      () => producer.counts('train'),
      () => producer.interrupt('job_1'),
      () => producer.workers(),
      () => producer.ready(),
      () => producer.server(),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await expect(openQueue(valkey.connection, 300)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await valkey.startAgain();
    await until('calls succeed', () => producer.ready().then(() => true, () => false));
    expect(await producer.holds('train', 'job_1')).toBe(true);
  });

  it('F23: fails a call within about 2 seconds where the server hangs', async () => {
    const producer = await queue();
    valkey.signal('SIGSTOP');
    const startedAt = performance.now();
    await expect(producer.add('train', 'job_1', 5)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    valkey.signal('SIGCONT');
    await until('calls succeed', () => producer.ready().then(() => true, () => false));
    // The call that failed may have been done: adding it again changes nothing.
    await producer.add('train', 'job_1', 5);
    expect((await producer.counts('train')).waiting).toBe(1);
  });

  it('says QUEUE_FULL while the server has no memory left, and a task that ends then ends later', async () => {
    const producer = await queue();
    let runs = 0;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    (await consumer()).consume('train', async () => {
      runs += 1;
      await finished;
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => runs === 1);
    await valkey.redis.config('SET', 'maxmemory', '1');
    for (const call of [() => producer.add('train', 'job_2', 5), () => producer.ready()]) {
      await expect(call()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    }
    expect(await producer.holds('train', 'job_1')).toBe(true);
    finish();
    await valkey.redis.config('SET', 'maxmemory', '0');
    await until('it is done', async () => !(await producer.holds('train', 'job_1')));
    await producer.ready();
  });

  it('says QUEUE_READONLY while the server writes nothing, reads on, and is well again by itself', async () => {
    const producer = await queue();
    await producer.add('train', 'job_1', 5);
    // A replica that follows nobody: it keeps what it has, and writes nothing.
    await valkey.redis.call('REPLICAOF', '127.0.0.1', '1');
    for (const call of [() => producer.add('train', 'job_2', 5), () => producer.remove('train', 'job_1'), () => producer.ready()]) {
      await expect(call()).rejects.toMatchObject({ code: 'QUEUE_READONLY' });
    }
    expect([...(await producer.held('train'))]).toEqual(['job_1']);
    await valkey.redis.call('REPLICAOF', 'NO', 'ONE');
    await producer.ready();
    expect(await producer.remove('train', 'job_1')).toBe(true);
  });

  it('says QUEUE_READONLY while the file of the server cannot grow, as on a full disk, and is well again when it can', async () => {
    const producer = await queue();
    await valkey.limitFiles(1);
    try {
      await until('the server notices', () => producer.ready().then(() => false, (problem: { code: string }) => problem.code === 'QUEUE_READONLY'));
      await expect(producer.add('train', 'job_2', 5)).rejects.toMatchObject({ code: 'QUEUE_READONLY' });
      expect(await producer.counts('train')).toEqual({ waiting: 0, active: 0 });
    } finally {
      await valkey.limitFiles('unlimited');
    }
    await until('it writes again', () => producer.ready().then(() => true, () => false));
    await producer.add('train', 'job_3', 5);
  });

  it('hands out tasks again after a server that a consumer waited for was killed and came back', async () => {
    const producer = await queue();
    const handled: string[] = [];
    (await consumer()).consume('train', async (id) => void handled.push(id));
    await producer.add('train', 'job_0', 5);
    await until('the consumer waits for more', () => handled.length === 1);
    for (let round = 1; round <= 2; round++) {
      await valkey.kill();
      await valkey.startAgain();
      await until('a task is accepted', () => producer.add('train', `job_${round}`, 5).then(() => true, () => false));
      await until('it is handed out', () => handled.includes(`job_${round}`));
    }
  });

  it('lets a handler go on through a short outage, and takes its task off when it is done', async () => {
    const producer = await queue();
    let aborted: unknown;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let runs = 0;
    (await consumer()).consume('train', async (_id, signal) => {
      runs += 1;
      signal.addEventListener('abort', () => void (aborted = signal.reason));
      await finished;
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => runs === 1);
    await valkey.kill();
    await valkey.startAgain();
    finish();
    await until('it is gone', () => producer.holds('train', 'job_1').then((held) => !held, () => false));
    expect({ runs, aborted }).toEqual({ runs: 1, aborted: undefined });
  });

  it('wakes an idle worker for a task that a closing one puts back', async () => {
    const producer = await queue();
    const taken = new Map<string, Consumer>();
    const start = async (name: string): Promise<void> => {
      const worker = await consumer();
      worker.consume('train', async (_id, signal) => {
        taken.set(name, worker);
        await once(signal, 'abort');
        throw new Error('ended in the middle');
      });
    };
    await start('first');
    await producer.add('train', 'job_1', 5);
    await until('it was taken', () => taken.has('first'));
    await start('second');
    // Flag b in the list of clients: in a blocking command.
    const waits = async () => String(await valkey.redis.client('LIST')).includes(' flags=b');
    await until('the second waits', waits);
    const closedAt = performance.now();
    await taken.get('first')?.close();
    await until('the second has it', () => taken.has('second'));
    expect(performance.now() - closedAt).toBeLessThan(1_000); // an idle worker looks by itself each 5 seconds
  });

  it('interrupts a handler whose worker was not connected when the interrupt was sent', async () => {
    const producer = await queue();
    let reason: unknown;
    let running = false;
    (await consumer()).consume('train', async (_id, signal) => {
      running = true;
      await once(signal, 'abort');
      reason = signal.reason;
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => running);
    // As if published while nobody listened: only the note of it is left when the worker connects again.
    await valkey.redis.set('rootstock:interrupt:job_1', String(await valkey.redis.get('rootstock:train:job_1:lock')), 'EX', 60);
    await valkey.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('the handler ended', () => reason);
    expect(reason).toBe('interrupted');
  });

  it('leaves a run alone whose task was interrupted in an earlier run, also when its worker connects again', async () => {
    const producer = await queue();
    const reasons: unknown[] = [];
    let runs = 0;
    (await consumer()).consume('train', async (_id, signal) => {
      runs += 1;
      await once(signal, 'abort');
      reasons.push(signal.reason);
      if (runs === 1) throw new TryAgain(0);
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => runs === 1);
    await producer.interrupt('job_1');
    await until('it runs again', () => runs === 2);
    const subscribers = async () => Number((await valkey.redis.pubsub('NUMSUB', 'rootstock:interrupts'))[1]);
    await valkey.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('the worker listens again', async () => (await subscribers()) === 1);
    await producer.interrupt('job_1');
    await until('it was interrupted', () => reasons.length === 2);
    expect({ runs, reasons }).toEqual({ runs: 2, reasons: ['interrupted', 'interrupted'] });
  });

  it('has what damage to the data of the server took out of line in it again, and nothing that nobody can work on', async () => {
    const producer = await queue();
    for (const id of ['job_1', 'job_2', 'job_3']) await producer.add('train', id, 5);
    // Bytes in the middle of a name, as in a file that was overwritten there: no text at all.
    const damaged = Buffer.from([...Buffer.from('job'), 0xff, 0x00, 0xfe]);
    const score = await valkey.redis.zscore('rootstock:train:prioritized', 'job_2');
    await valkey.redis.zrem('rootstock:train:prioritized', 'job_2');
    await valkey.redis.zadd('rootstock:train:prioritized', score!, damaged);
    await valkey.redis.lpush('rootstock:train:active', damaged);
    expect([...(await producer.held('train'))].filter((id) => id.startsWith('job_'))).toEqual(['job_1', 'job_3']);
    await producer.add('train', 'job_2', 5);
    expect(await producer.holds('train', 'job_2')).toBe(false); // for BullMQ it is there

    await producer.clearDamage('train');
    await producer.addLost('train', 'job_2', 5);
    expect([...(await producer.held('train'))].sort()).toEqual(['job_1', 'job_2', 'job_3']);
    const done: string[] = [];
    (await consumer()).consume('train', async (id) => void done.push(id));
    await until('all are done', async () => done.length === 3 && (await producer.held('train')).size === 0);
    expect(done).toEqual(['job_1', 'job_3', 'job_2']);
  });

  it('leaves a task with the worker that has it, where the queue lost its place', async () => {
    const producer = await queue();
    let runs = 0;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    (await consumer()).consume('train', () => {
      runs += 1;
      return ended;
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => runs === 1);
    await valkey.redis.del('rootstock:train:active');
    await producer.addLost('train', 'job_1', 5);
    expect((await producer.counts('train')).waiting).toBe(0);
    end();
    expect(runs).toBe(1);
  });

  it('aborts a handler whose lock was lost, and hands the task out again', async () => {
    const producer = await queue();
    const reasons: unknown[] = [];
    const ends: string[] = [];
    let runs = 0;
    (await consumer()).consume('train', async (id, signal) => {
      runs += 1;
      if (runs === 1) {
        await once(signal, 'abort');
        reasons.push(signal.reason);
        throw new Error('ended since the lock is lost');
      }
      ends.push(id);
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => runs === 1);
    await valkey.redis.del('rootstock:train:job_1:lock');
    await until('the handler was told', () => reasons.length === 1);
    await until('it is done', async () => !(await producer.holds('train', 'job_1')));
    expect({ reasons, ends, runs }).toEqual({ reasons: ['lock_lost'], ends: ['job_1'], runs: 2 });
  });

  /** This process does nothing for longer than a lock lasts: no timer, no message. */
  const standStill = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_200);

  it('tells a handler that asks after its process stood still whether the task is still held, before the signal can', async () => {
    const producer = await queue();
    const told: unknown[] = [];
    let go = (): void => undefined;
    const asked = new Promise<void>((resolve) => (go = resolve));
    let runs = 0;
    (await consumer()).consume('train', async (_id, signal, held) => {
      runs += 1;
      if (runs > 1) return;
      told.push(await held());
      await asked;
      standStill();
      told.push(signal.aborted, await held(), signal.reason);
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => runs === 1);
    await valkey.redis.set('rootstock:train:job_1:lock', 'of-another-worker', 'PX', 1_000);
    go();
    await until('it is done', async () => told.length === 4 && !(await producer.holds('train', 'job_1')));
    expect(told).toEqual([true, false, false, 'lock_lost']);
  });

  it('does not take an answer that waited while its process stood still for a lock that is good', async () => {
    const producer = await queue();
    const told: unknown[] = [];
    let go = (): void => undefined;
    const asked = new Promise<void>((resolve) => (go = resolve));
    let runs = 0;
    (await consumer()).consume('train', async (_id, _signal, held) => {
      runs += 1;
      if (runs > 1) return;
      await asked;
      // Stopped with a renewal on its way: what the server answered comes first when it goes on.
      valkey.signal('SIGSTOP');
      await delay(600);
      valkey.signal('SIGCONT');
      standStill();
      await until('the answer has come', () => new Promise<boolean>((resolve) => setImmediate(() => resolve(true))));
      told.push(await held());
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => runs === 1);
    go();
    await until('it was told', () => told.length === 1);
    expect(told).toEqual([false]);
    await until('it is done', async () => !(await producer.holds('train', 'job_1')));
  });

  it('says that a task is held while the server is away: nobody else can take it then', async () => {
    const producer = await queue();
    const told: unknown[] = [];
    let go = (): void => undefined;
    const asked = new Promise<void>((resolve) => (go = resolve));
    let running = false;
    (await consumer()).consume('train', async (_id, _signal, held) => {
      if (running) return;
      running = true;
      await asked;
      standStill();
      told.push(await held());
    });
    await producer.add('train', 'job_1', 5);
    await until('it runs', () => running);
    await valkey.kill();
    go();
    await until('it was told', () => told.length === 1);
    expect(told).toEqual([true]);
    await valkey.startAgain();
    await until('it is done', () => producer.holds('train', 'job_1').then((holds) => !holds, () => false));
  });

  it('hands the task of a dead worker to another, before all that wait', async () => {
    const producer = await queue();
    // A worker that dies: it took the task, and nobody renews its lock.
    const dying = await open.openConsumer();
    let taken = false;
    let end = (): void => undefined;
    dying.consume('train', async () => {
      taken = true;
      await new Promise<void>((resolve) => (end = resolve));
    });
    await producer.add('train', 'job_1', 0);
    await until('it was taken', () => taken);
    await producer.add('train', 'job_2', 10);
    await valkey.redis.set('rootstock:train:job_1:lock', 'of-a-dead-worker', 'PX', 1);
    await until('it waits again', async () => (await producer.ahead('train', 'job_1')) === 0);
    expect(await producer.ahead('train', 'job_2')).toBe(1);
    end();
    await dying.close();
  });
});

describe('the server of the queue', () => {
  it('tells its name and version', async () => {
    const queue = await open.openQueue();
    expect(await queue.server()).toMatch(/^(valkey|redis) \d+\.\d+\.\d+$/);
    await queue.close();
  });

  it('is refused if it is older than 6.2', () => {
    expect(serverFromInfo('server_name:valkey\r\nredis_version:7.2.4\r\nvalkey_version:9.1.2\r\n')).toBe('valkey 9.1.2');
    expect(serverFromInfo('# Server\r\nredis_version:7.0.15\r\n')).toBe('redis 7.0.15');
    expect(() => serverFromInfo('redis_version:6.0.16\r\n')).toThrow('6.2.0 or newer; the server is redis 6.0.16');
  });
});

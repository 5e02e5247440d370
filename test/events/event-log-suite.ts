// What every event log must do. Given a store and whatever carries the wake-ups.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { EventLog } from '#events/event-log.js';
import type { JobEvent } from '#contract/event.js';
import type { Store } from '#store/store.js';
import { overridden } from '../support/overridden.js';
import { temporaryStore } from '../support/store.js';
import { until } from '../support/until.js';

const LOG = 'jobs/job_1/events.jsonl';
const failure = { code: 'NAN_LOSS', class: 'user', message: 'x', param: null, retryable: false } as const;

/** Follows in the background; `ids` grows, `ended` settles when the log ends the iteration. */
export function following(log: EventLog, after: number, signal = new AbortController().signal) {
  const ids: number[] = [];
  const ended = (async () => {
    for await (const event of log.follow('job_1', after, signal)) ids.push(Number(event.id));
  })();
  return { ids, ended };
}

/** The same store, where something happens before one of the questions how large an object is: that after so many others. */
function beforeLook(store: Store, looks: number, happens: () => Promise<void>): Store {
  let left = looks;
  return overridden(store, {
    sizeOf: async (key) => {
      if (left-- === 0) await happens();
      return store.sizeOf(key);
    },
  });
}

const idsOf = (events: JobEvent[]): number[] => events.map(({ id }) => Number(id));

export function eventLogSuite(openLog: (store: Store) => EventLog): void {
  const opened: EventLog[] = [];
  const open = (store: Store): EventLog => {
    const log = openLog(store);
    opened.push(log);
    return log;
  };
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
  });

  describe('writing', () => {
    it('numbers the events from 1, in the order they were appended, also when nobody waits for each', async () => {
      const log = open(await temporaryStore());
      const writer = await log.openWriter('job_1');
      const events = await Promise.all([
        writer.append('job.queued', { reason: null }),
        ...[1, 2, 3, 4, 5].map((attempt) => writer.append('job.preparing', { attempt })),
      ]);
      await writer.sync();
      expect(idsOf(events)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await log.read('job_1')).toEqual(events);
      expect(events[1]).toMatchObject({ object: 'event', type: 'job.preparing', data: { attempt: 1 } });
      expect(Date.parse(events[0]?.created_at ?? '')).toBeGreaterThan(0);
    });

    it('goes on with the next number when opened again', async () => {
      const log = open(await temporaryStore());
      await (await log.openWriter('job_1')).append('job.queued', { reason: null });
      await (await log.openWriter('job_1')).append('job.preparing', { attempt: 1 });
      expect(idsOf(await log.read('job_1'))).toEqual([1, 2]);
    });

    it('cuts off nothing that another appends while it is opened', async () => {
      let looks = 0;
      for (let appended: JobEvent | undefined; ; appended = undefined, looks += 1) {
        const store = await temporaryStore();
        const log = open(store);
        const other = await log.openWriter('job_1');
        await other.append('job.queued', { reason: null });
        await open(beforeLook(store, looks, async () => void (appended = await other.append('job.preparing', { attempt: 1 })))).openWriter('job_1');
        if (!appended) break;
        expect({ looks, events: idsOf(await log.read('job_1')) }).toEqual({ looks, events: [1, 2] });
      }
      expect(looks).toBeGreaterThanOrEqual(2);
    });

    it('goes on as if a line were not there that a writer had begun before it was replaced, and wrote after', async () => {
      const store = await temporaryStore();
      const log = open(store);
      const replaced = await log.openWriter('job_1');
      for (const attempt of [1, 2]) await replaced.append('job.preparing', { attempt });
      const writer = await log.openWriter('job_1');
      await writer.append('job.queued', { reason: null });
      await writer.append('job.preparing', { attempt: 3 });
      await replaced.append('job.preparing', { attempt: 9 });
      const { ids } = following(log, 0);
      await until('the follower has read the log', () => ids.length >= 4);
      await writer.append('job.queued', { reason: null });
      await (await log.openWriter('job_1')).append('job.queued', { reason: null });
      await until('the follower has read what came', () => ids.length >= 6);
      expect(ids).toEqual([1, 2, 3, 4, 5, 6]);
      expect((await log.read('job_1')).map(({ id, type }) => `${id} ${type}`)).toEqual([
        '1 job.preparing', '2 job.preparing', '3 job.queued', '4 job.preparing', '5 job.queued', '6 job.queued',
      ]);
    });

    it('cuts off a line that a crash tore, which readers never saw', async () => {
      const store = await temporaryStore();
      const log = open(store);
      const writer = await log.openWriter('job_1');
      await writer.append('job.queued', { reason: null });
      await writer.append('job.preparing', { attempt: 1 });
      const whole = await store.get(LOG);
      const line = '{"id":"3","object":"event","type":"job.preparing","created_at":"2026-01-01T00:00:00Z","data":{"attempt":2}}';
      for (const torn of [line, line.slice(0, 40), '{', '\0\0\0\0', '\0\0\n\0']) {
        await store.put(LOG, Buffer.concat([whole ?? Buffer.alloc(0), Buffer.from(torn)]));
        expect(idsOf(await log.read('job_1'))).toEqual([1, 2]);
        const third = await (await log.openWriter('job_1')).append('job.preparing', { attempt: 9 });
        expect(third.id).toBe('3');
        expect(await log.read('job_1')).toMatchObject([{ id: '1' }, { id: '2' }, { id: '3', data: { attempt: 9 } }]);
      }
    });

    it('mends what a full disk tore before it writes the next event', async () => {
      const store = await temporaryStore();
      let full = false;
      const filling = overridden(store, {
        append: async (key: string, bytes: string) => {
          await store.append(key, full ? bytes.slice(0, 20) : bytes);
          if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        },
      });
      const log = open(filling);
      const writer = await log.openWriter('job_1');
      await writer.append('job.queued', { reason: null });
      full = true;
      await expect(writer.append('job.preparing', { attempt: 1 })).rejects.toThrow('full');
      full = false;
      expect((await writer.append('job.preparing', { attempt: 2 })).id).toBe('2');
      expect(await log.read('job_1')).toMatchObject([{ id: '1' }, { id: '2', data: { attempt: 2 } }]);
    });
  });

  describe('reading', () => {
    it('gives the events after a number, at most so many, and none of a job that has none', async () => {
      const log = open(await temporaryStore());
      const writer = await log.openWriter('job_1');
      for (let attempt = 0; attempt < 6; attempt++) await writer.append('job.preparing', { attempt });
      expect(idsOf(await log.read('job_1', 2, 3))).toEqual([3, 4, 5]);
      expect(idsOf(await log.read('job_1', 6))).toEqual([]);
      expect(await log.read('job_2')).toEqual([]);
    });
  });

  describe('beginning and ending', () => {
    it('is done once by many who do it at once, over several logs of one store', async () => {
      const store = await temporaryStore();
      const logs = [open(store), open(store), open(store)];
      await Promise.all(logs.flatMap((log) => [log.begin('job_1', 'job.queued', { reason: null }), log.begin('job_1', 'job.queued', { reason: null })]));
      await (await logs[0]!.openWriter('job_1')).append('job.preparing', { attempt: 1 });
      await Promise.all(logs.map((log, n) => (n === 0 ? log.end('job_1', 'job.failed', { error: failure }) : log.end('job_1', 'job.cancelled', {}))));
      for (const log of logs) {
        const events = await log.read('job_1');
        expect(events.map(({ id, type }) => `${id} ${type.replace(/failed|cancelled/, 'ended')}`)).toEqual(['1 job.queued', '2 job.preparing', '3 job.ended']);
      }
      await logs[0]!.begin('job_1', 'job.queued', { reason: 'again' });
      expect(await logs[0]!.read('job_1')).toHaveLength(3);
    });

    it('ends a log that has no line, or a torn one', async () => {
      const store = await temporaryStore();
      const log = open(store);
      await log.end('job_2', 'job.cancelled', {});
      expect(await log.read('job_2')).toMatchObject([{ id: '1', type: 'job.cancelled' }]);
      await (await log.openWriter('job_1')).append('job.queued', { reason: null });
      await store.append(LOG, '{"id":"2","obj');
      await log.end('job_1', 'job.cancelled', {});
      expect(await log.read('job_1')).toMatchObject([{ id: '1' }, { id: '2', type: 'job.cancelled' }]);
    });

    it('leaves the last line of a log as its end, where that was written as a line', async () => {
      const log = open(await temporaryStore());
      await (await log.openWriter('job_1')).append('job.cancelled', {});
      await log.end('job_1', 'job.failed', { error: failure });
      expect(await log.read('job_1')).toMatchObject([{ id: '1', type: 'job.cancelled' }]);
    });

    it('is the end: what a lost worker appends after it is read by nobody, and a follower who saw it before is told of the end', async () => {
      const store = await temporaryStore();
      const log = open(store);
      await log.begin('job_1', 'job.queued', { reason: null });
      const lost = await log.openWriter('job_1');
      const seen: JobEvent[] = [];
      const ended = (async () => {
        for await (const event of log.follow('job_1', 0, new AbortController().signal)) seen.push(event);
      })();
      await until('it waits', () => seen.length === 1);
      await store.put('jobs/job_1/last-event.json', JSON.stringify({ id: '2', object: 'event', type: 'job.cancelled', created_at: '2026-01-01T00:00:00Z', data: {} }));
      await lost.append('job.preparing', { attempt: 1 });
      await ended;
      expect(seen.at(-1)).toMatchObject({ id: '2', type: 'job.cancelled' });
      expect(await log.read('job_1')).toMatchObject([{ id: '1' }, { id: '2', type: 'job.cancelled' }]);
    });
  });

  describe('following', () => {
    it('gives what was and what comes, none twice and none missing, until the last event', async () => {
      const store = await temporaryStore();
      const [writing, reading] = [open(store), open(store)];
      const writer = await writing.openWriter('job_1');
      for (let attempt = 0; attempt < 50; attempt++) await writer.append('job.preparing', { attempt });
      const followers = [following(reading, 0), following(reading, 30), following(reading, 120)];
      for (let attempt = 50; attempt < 199; attempt++) await writer.append('job.preparing', { attempt });
      const late = following(reading, 0);
      await writer.append('job.failed', { error: failure });
      for (const { ended } of [...followers, late]) await ended;
      const all = Array.from({ length: 200 }, (_, i) => i + 1);
      expect(followers.map(({ ids }) => ids)).toEqual([all, all.slice(30), all.slice(120)]);
      expect(late.ids).toEqual(all);
    });

    it('ends at once behind the last event', async () => {
      const log = open(await temporaryStore());
      await (await log.openWriter('job_1')).append('job.cancelled', {});
      const { ids, ended } = following(log, 1);
      await ended;
      expect(ids).toEqual([]);
    });

    it('waits for a job that has no events yet', async () => {
      const log = open(await temporaryStore());
      const { ids, ended } = following(log, 0);
      const writer = await log.openWriter('job_1');
      await writer.append('job.queued', { reason: null });
      await until('it came', () => ids.length === 1);
      await writer.append('job.cancelled', {});
      await ended;
      expect(ids).toEqual([1, 2]);
    });

    it('ends with the signal, with the log, and with a job that is removed', async () => {
      const store = await temporaryStore();
      const log = open(store);
      await (await log.openWriter('job_1')).append('job.queued', { reason: null });
      const controller = new AbortController();
      const [stopped, removed] = [following(log, 0, controller.signal), following(log, 0)];
      await until('both wait', () => stopped.ids.length + removed.ids.length === 2);
      controller.abort();
      await stopped.ended;
      await store.delete('jobs/job_1');
      await removed.ended;
      const waiting = following(log, 0);
      await log.close();
      await waiting.ended;
      expect(waiting.ids).toEqual([]);
    });

    it('never shows a torn line, and shows what is written in its place', async () => {
      const store = await temporaryStore();
      const log = open(store);
      const seen: JobEvent[] = [];
      await (await log.openWriter('job_1')).append('job.preparing', { attempt: 1 });
      const ended = (async () => {
        for await (const event of log.follow('job_1', 0, new AbortController().signal)) seen.push(event);
      })();
      await until('it waits', () => seen.length === 1);
      await store.append(LOG, '{"id":"2","object":"event","type":"job.prep');
      const writer = await log.openWriter('job_1');
      await writer.append('job.preparing', { attempt: 2 });
      await writer.append('job.cancelled', {});
      await ended;
      expect(seen).toMatchObject([{ id: '1' }, { id: '2', data: { attempt: 2 } }, { id: '3', type: 'job.cancelled' }]);
    });
  });
}

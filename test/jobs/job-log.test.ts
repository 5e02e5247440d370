// The log of a job: numbered, bounded, whole after a crash.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { JobLogWriter, LOG_BYTES, logKey, readLog, type NewLine } from '#jobs/job-log.js';
import type { Store } from '#store/store.js';
import { temporaryStore } from '../support/store.js';

const ID = `job_${'1'.repeat(32)}`;
const line = (message: string, level: NewLine['level'] = 'info'): NewLine => ({ time: '2026-01-01T00:00:00.000Z', level, source: 'worker', attempt: 1, message, detail: null });

let store: Store;
beforeEach(async () => {
  store = await temporaryStore();
});

describe('the log of a job', () => {
  it('has no line before one is written', async () => {
    expect(await readLog(store, ID)).toEqual([]);
  });

  it('numbers its lines through, over all its writers', async () => {
    await (await JobLogWriter.open(store, ID)).write([line('a'), line('b')]);
    await (await JobLogWriter.open(store, ID)).write([line('c')]);
    expect((await readLog(store, ID)).map(({ id, message }) => id + message)).toEqual(['1a', '2b', '3c']);
    expect((await readLog(store, ID, { after: 2 })).map(({ message }) => message)).toEqual(['c']);
  });

  it('is read from a level on', async () => {
    await (await JobLogWriter.open(store, ID)).write([line('a', 'info'), line('b', 'warn'), line('c', 'error')]);
    expect((await readLog(store, ID, { level: 'warn' })).map(({ message }) => message)).toEqual(['b', 'c']);
  });

  it('loses half a line at most to a writer that dies, and goes on behind it', async () => {
    await (await JobLogWriter.open(store, ID)).write([line('a'), line('b')]);
    await store.append(logKey(ID), '{"id":"3","obj');
    expect((await readLog(store, ID)).map(({ id }) => id)).toEqual(['1', '2']);
    await (await JobLogWriter.open(store, ID)).write([line('c')]);
    expect((await readLog(store, ID)).map(({ id, message }) => id + message)).toEqual(['1a', '2b', '3c']);
  });

  it('stays within its bound, with a line that says what was dropped in the place of the oldest', async () => {
    const writer = await JobLogWriter.open(store, ID);
    const long = 'x'.repeat(4_000);
    for (let at = 0; at < 700; at += 10) {
      await writer.write(Array.from({ length: 10 }, () => line(long)));
      expect(await store.sizeOf(logKey(ID))).toBeLessThanOrEqual(LOG_BYTES);
    }
    const lines = await readLog(store, ID);
    const [gap, first] = lines;
    expect(gap).toMatchObject({ level: 'warn', message: `lines 1 to ${gap!.id} were dropped: a log holds ${LOG_BYTES} bytes` });
    expect(Number(first!.id)).toBe(Number(gap!.id) + 1);
    expect(lines.at(-1)!.id).toBe('700');
    expect(lines.length).toBeGreaterThan(100);
    // Who goes on from what it has seen learns of the gap only where it missed something.
    expect((await readLog(store, ID, { after: Number(gap!.id) }))[0]).toEqual(first);
  });
});

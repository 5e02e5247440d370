// Many who want the same at once read once, and nobody gets what is older than his asking.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { SharedReads } from '#store/shared-reads.js';

describe('SharedReads', () => {
  it('reads once for all who ask before a read begins, and once more for all who ask while it is made', async () => {
    const reads = new SharedReads<number>();
    let begun = 0;
    const ends: (() => void)[] = [];
    const load = (): Promise<number> => {
      begun += 1;
      const number = begun;
      return new Promise((resolve) => ends.push(() => resolve(number)));
    };
    const first = [reads.read('a', load), reads.read('a', load)];
    const other = reads.read('b', load);
    await setImmediate();
    expect(begun).toBe(2);
    const second = [reads.read('a', load), reads.read('a', load), reads.read('a', load)];
    await setImmediate();
    expect(begun).toBe(2);
    ends.splice(0).forEach((end) => end());
    expect(await Promise.all([...first, other])).toEqual([1, 1, 2]);
    await setImmediate();
    ends.splice(0).forEach((end) => end());
    expect(await Promise.all(second)).toEqual([3, 3, 3]);
  });

  it('reads again after a failure, which all who shared the read are told', async () => {
    const reads = new SharedReads<number>();
    const fails = () => Promise.reject(new Error('gone'));
    const both = [reads.read('a', fails), reads.read('a', fails)];
    for (const each of both) await expect(each).rejects.toThrow('gone');
    expect(await reads.read('a', async () => 1)).toBe(1);
  });

  it('gives nobody what was there before he asked', async () => {
    await fc.assert(fc.asyncProperty(fc.scheduler(), fc.array(fc.constantFrom('change', 'look'), { minLength: 1, maxLength: 30 }), async (scheduler, acts) => {
      const reads = new SharedReads<number>();
      let value = 0;
      const looks: Promise<void>[] = [];
      const sequence = scheduler.scheduleSequence(acts.map((act) => async () => {
        if (act === 'change') value += 1;
        else {
          const least = value;
          looks.push(reads.read('a', () => scheduler.schedule(Promise.resolve(value))).then((found) => expect(found).toBeGreaterThanOrEqual(least)));
        }
      }));
      await scheduler.waitFor(sequence.task);
      await scheduler.waitFor(Promise.all(looks));
    }));
  });
});

// Which attempts count, how long is waited between them, and when a task is given up.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ServiceError } from '#contract/errors.js';
import { attemptsInVain, reasonToGiveUp, waitMs } from '../../workers/retries.js';

const reached = (steps: readonly number[]) => steps.map((step) => ({ step, saved: false }));

describe('attempts in vain', () => {
  it.each([
    [[], 0],
    [[0], 1],
    [[0, 0, 0], 3],
    [[50], 0],
    [[50, 50, 40, 50], 3],
    [[0, 0, 50], 0],
    [[100, 50, 150, 100], 1],
  ])('of those that reached %j: %i', (steps, count) => {
    expect(attemptsInVain(reached(steps))).toBe(count);
  });

  it('are none after one that left a checkpoint, however far it came', () => {
    expect(attemptsInVain([{ step: 100, saved: true }, { step: 60, saved: true }, { step: 90, saved: false }])).toBe(1);
    expect(attemptsInVain([...reached([100, 50, 50]), { step: 40, saved: true }])).toBe(0);
  });

  it('are those since the furthest, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000)), (steps) => {
        const furthest = Math.max(0, ...steps);
        const at = furthest === 0 ? -1 : steps.indexOf(furthest);
        expect(attemptsInVain(reached(steps))).toBe(steps.length - 1 - at);
      }),
    );
  });
});

describe('a task is given up', () => {
  const crashed = ServiceError.of('CHILD_CRASHED', 'signal SIGSEGV').toRecord();
  const memory = ServiceError.of('OUT_OF_MEMORY', 'it was ended', '2.1 GB', '2 GB').toRecord();

  it('after three attempts in vain, with what ended the last', () => {
    expect([1, 2].map((inVain) => reasonToGiveUp(crashed, inVain))).toEqual([undefined, undefined]);
    expect(reasonToGiveUp(crashed, 3)).toMatchObject({ code: 'CRASH_LOOP', message: expect.stringMatching(/signal SIGSEGV.* 3 attempts/) });
  });

  it('after two that had too little memory, with the numbers', () => {
    expect(reasonToGiveUp(memory, 1)).toBeUndefined();
    expect(reasonToGiveUp(memory, 2)).toEqual(memory);
  });
});

describe('the wait before the next attempt', () => {
  it('is 10 seconds, doubled with each one in vain up to 6 minutes, give or take a fifth', () => {
    fc.assert(
      fc.property(fc.nat(40), (inVain) => {
        const plainMs = [10, 10, 20, 40, 80, 160, 320][inVain] ?? 360;
        const ms = waitMs(inVain, 10);
        expect(ms).toBeGreaterThanOrEqual(800 * plainMs);
        expect(ms).toBeLessThanOrEqual(1_200 * plainMs);
      }),
    );
  });

  it('differs from task to task', () => {
    expect(new Set(Array.from({ length: 50 }, () => waitMs(1, 10))).size).toBeGreaterThan(5);
  });
});

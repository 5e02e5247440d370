// When an event that was not taken is tried again.
import { describe, expect, it } from '@jest/globals';
import { JITTER, MOST_TRIES, WAITS_S, waitMs } from '#webhooks/schedule.js';

const WHOLE_HOURS = WAITS_S.reduce((sum, wait) => sum + wait, 0) / 3_600;

describe('The schedule of tries', () => {
  it('is that of Standard Webhooks: ten tries over 75 hours and 35 minutes', () => {
    expect(MOST_TRIES).toBe(10);
    expect(WHOLE_HOURS * 3_600).toBe(75 * 3_600 + 35 * 60 + 5);
    expect([...WAITS_S].sort((a, b) => a - b)).toEqual([...WAITS_S]);
  });

  it('ends after the tenth try', () => {
    expect(Array.from({ length: 11 }, (_, at) => waitMs(at + 1, 75, 'dlv_a') !== undefined)).toEqual([...Array<boolean>(9).fill(true), false, false]);
  });

  it('is spread by a tenth to both sides, differently for each delivery and each try, and the same whenever it is asked', () => {
    const factors = Array.from({ length: 2_000 }, (_, at) => waitMs(5, WHOLE_HOURS, `dlv_${at}`)! / (WAITS_S[4] * 1_000));
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(1 - JITTER);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1 + JITTER);
    expect(Math.min(...factors)).toBeLessThan(1 - 0.9 * JITTER);
    expect(Math.max(...factors)).toBeGreaterThan(1 + 0.9 * JITTER);
    expect(waitMs(5, 75, 'dlv_1')).toBe(waitMs(5, 75, 'dlv_1'));
    const scaled = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tries) => waitMs(tries, WHOLE_HOURS, 'dlv_1')! / (WAITS_S[tries - 1]! * 1_000));
    expect(new Set(scaled.map((factor) => factor.toFixed(4))).size).toBeGreaterThan(6);
  });

  it('is stretched to as many hours as are set', () => {
    const sum = (hours: number) => [1, 2, 3, 4, 5, 6, 7, 8, 9].reduce((all, tries) => all + waitMs(tries, hours, 'dlv_1')!, 0);
    expect(sum(150) / sum(75)).toBeCloseTo(2, 5);
    expect(Math.abs(sum(75) / (75 * 3_600_000) - 1)).toBeLessThanOrEqual(JITTER);
  });
});

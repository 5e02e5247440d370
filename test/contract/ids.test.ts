// Ids of data sets, models and jobs.
import { describe, expect, it } from '@jest/globals';
import { isId, kindOfId, newId, type IdKind } from '#contract/ids.js';

describe('an id', () => {
  it.each<[IdKind, RegExp]>([
    ['dataset', /^ds_[0-9a-f]{32}$/],
    ['model', /^mdl_[0-9a-f]{32}$/],
    ['job', /^job_[0-9a-f]{32}$/],
  ])('of a %s says what it names', (kind, form) => {
    const id = newId(kind);
    expect(id).toMatch(form);
    expect(isId(kind, id)).toBe(true);
    expect(kindOfId(id)).toBe(kind);
  });

  it('is a UUID of version 7 that holds the time it was made', () => {
    const earliest = Date.now();
    const digits = newId('job').slice('job_'.length);
    const latest = Date.now();
    const time = Number.parseInt(digits.slice(0, 12), 16);
    expect(time >= earliest && time <= latest).toBe(true);
    expect(digits[12]).toBe('7');
    expect('89ab').toContain(digits[16]);
  });

  it('sorts after every id made before it, within one millisecond too', () => {
    const ids = Array.from({ length: 5_000 }, () => newId('job'));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(['', 'job_', `job_${'0'.repeat(31)}`, `job_${'0'.repeat(33)}`, `JOB_${'0'.repeat(32)}`, `job_${'G'.repeat(32)}`,
    `../job_${'0'.repeat(32)}`, `job_${'0'.repeat(32)}\n`, `run_${'0'.repeat(32)}`])('is not %j', (text) => {
    expect(kindOfId(text)).toBeUndefined();
  });
});

// The training bench's report, from made-up numbers.
import { describe, expect, it } from '@jest/globals';
import { page, summary } from '../../bench/training/report.mjs';

const row = { model: 'mlp', optimizer: 'sgd', batch: 32, threads: 1, settings: '' } as const;
const measured = [
  { ...row, program: 'rootstock-captured', speeds: [300, 100, 200] },
  { ...row, program: 'tfjs-fit', speeds: [10, 30] },
  { ...row, program: 'keras-fit', speeds: [50] },
];
const sitting = {
  date: '2026-01-01',
  machine: 'a machine',
  run: 'One run',
  measured,
  absent: [{ program: 'pytorch-loop', model: 'mlp', optimizer: 'sgd', batch: 32, reason: 'no torch here' } as const],
  ceiling: { reason: 'no python3' },
  captures: [{ model: 'mlp', barSeconds: 0.5, seconds: 0.75 }],
};

describe('the report of the training bench', () => {
  it('gives one row for each program with the median and the spread of its rounds', () => {
    const { rows } = summary(measured);
    expect(rows.map((one) => [one.program, one.examples_per_second, one.spread])).toEqual([
      ['rootstock-captured', 200, [100, 300]],
      ['tfjs-fit', 20, [10, 30]],
      ['keras-fit', 50, [50, 50]],
    ]);
  });

  it('divides our median by the median of each other program', () => {
    expect(summary(measured).ratios).toEqual({ 'mlp sgd 32': { 'tfjs-fit': 10, 'keras-fit': 4 } });
  });

  it('says plainly which bars are not reached', () => {
    const text = page(sitting);
    expect(text).toContain('| tfjs-fit | 1 | 20 | 10 – 30 | 10 | 10 | reached |');
    expect(text).toContain('| keras-fit | 1 | 50 | 50 – 50 | 4 | 6 | **not reached** (4 against 6) |');
    expect(text).toContain('| mlp | 0.75 | 0.5 | **not reached** (0.75 against 0.5) |');
  });

  it('names what is absent, with the reason', () => {
    expect(page(sitting)).toContain('- no pytorch-loop: no torch here');
    expect(page(sitting)).toContain('absent: no python3');
  });
});

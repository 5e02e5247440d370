// A budget of seconds over all of a job: shares of the runs, and what is kept for the end.
import { describe, expect, it } from '@jest/globals';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { dataset, pretrain, specOf } from '../support/networks.js';
import { Deadline } from '../../workers/deadline.js';

const deadlineOf = (jobSeconds: number | undefined, runs: readonly string[]) => {
  const spec = specOf(pretrain({ training: { preset: 'quick', ...(jobSeconds && { budget: { seconds: jobSeconds } }) } }), dataset());
  let spent = 0;
  const plans: ResolvedSpec['runs'] = runs.map((run) => ({ run, role: 'main', seed: 1 }));
  const deadline = new Deadline({ ...spec, runs: plans }, () => spent);
  return (seconds: number) => {
    spent = seconds;
    return { over: runs.filter((run) => deadline.isOver(run)), hurries: deadline.hurries };
  };
};

describe('a budget of seconds over all of a job', () => {
  it('gives each run the same share of four fifths, one after the other, and hurries when half of the rest has gone', () => {
    const at = deadlineOf(100, ['main', 'baseline']);
    expect(at(39)).toEqual({ over: [], hurries: false });
    expect(at(40)).toEqual({ over: ['main'], hurries: false });
    expect(at(80)).toEqual({ over: ['main', 'baseline'], hurries: false });
    expect(at(90)).toEqual({ over: ['main', 'baseline'], hurries: true });
  });

  it('keeps a minute at most', () => {
    expect(deadlineOf(3_600, ['main'])(3_539).over).toEqual([]);
    expect(deadlineOf(3_600, ['main'])(3_540).over).toEqual(['main']);
  });

  it('is never over where there is none', () => expect(deadlineOf(undefined, ['main'])(1e9)).toEqual({ over: [], hurries: false }));
});

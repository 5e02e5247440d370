// Moves of a job's state along the table of states.
import { describe, expect, it } from '@jest/globals';
import { JOB_STATES, mayBecome, NEXT_STATES, type JobStatus } from '#contract/job-states.js';
import { moved, QUEUED } from '#jobs/state.js';

const at = (status: JobStatus) => ({ ...QUEUED, status });
const wayTo = (from: JobStatus, to: JobStatus): string[] => moved(at(from), to, '2026-01-01T00:00:00.000Z', 'why').history.map(({ status }) => status);

describe('a move', () => {
  it.each<[JobStatus, JobStatus, JobStatus[]]>([
    ['queued', 'preparing', ['preparing']],
    ['queued', 'running', ['preparing', 'running']],
    ['queued', 'succeeded', ['preparing', 'running', 'finalizing', 'succeeded']],
    ['running', 'succeeded', ['finalizing', 'succeeded']],
    ['running', 'cancelled', ['cancelling', 'cancelled']],
    ['queued', 'cancelled', ['cancelled']],
    ['finalizing', 'failed', ['failed']],
    ['running', 'queued', ['queued']],
  ])('from %s to %s passes %j', (from, to, way) => {
    expect(wayTo(from, to)).toEqual(way);
  });

  it('takes every step of the table in one', () => {
    for (const from of JOB_STATES) for (const to of NEXT_STATES[from] as readonly JobStatus[]) expect(wayTo(from, to)).toEqual([to]);
  });

  it('passes only along the table, whatever its ends', () => {
    for (const from of JOB_STATES) {
      for (const to of JOB_STATES) {
        let way: string[];
        try {
          way = wayTo(from, to);
        } catch {
          continue;
        }
        const steps = [from, ...way] as JobStatus[];
        for (const [index, status] of steps.slice(1).entries()) expect(mayBecome(steps[index]!, status)).toBe(true);
        expect(steps.at(-1)).toBe(to);
      }
    }
  });

  it.each<[JobStatus, JobStatus]>([
    ['succeeded', 'failed'], ['cancelled', 'queued'], ['failed', 'queued'], ['cancelling', 'succeeded'], ['cancelling', 'expired'], ['expired', 'expired'],
  ])('from %s to %s is refused', (from, to) => {
    expect(() => wayTo(from, to)).toThrow(new RangeError(`a job that is ${from} cannot become ${to}`));
  });

  it('writes the reason at its end only, and the time at every step', () => {
    const state = moved(at('running'), 'cancelled', '2026-02-03T04:05:06.000Z', 'asked for');
    expect(state.history).toEqual([
      { status: 'cancelling', at: '2026-02-03T04:05:06.000Z', reason: null },
      { status: 'cancelled', at: '2026-02-03T04:05:06.000Z', reason: 'asked for' },
    ]);
  });

  it('adds to the history and changes nothing else, nor the state it starts from', () => {
    const before = moved({ ...QUEUED, attempt: 2, metrics: { loss: 1 } }, 'preparing', '2026-01-01T00:00:00.000Z', null);
    const kept = structuredClone(before);
    const after = moved(before, 'running', '2026-01-01T00:00:01.000Z', null);
    expect(before).toEqual(kept);
    expect(after).toEqual({ ...before, status: 'running', history: [...before.history, { status: 'running', at: '2026-01-01T00:00:01.000Z', reason: null }] });
    expect(QUEUED).toMatchObject({ status: 'queued', history: [] });
  });
});

// The table of job states as a graph.
import { describe, expect, it } from '@jest/globals';
import { isTerminal, JOB_STATES, mayBecome, NEXT_STATES, TERMINAL_STATES, type JobStatus } from '#contract/job-states.js';

const nextOf = (status: JobStatus): readonly JobStatus[] => NEXT_STATES[status];
/** Every state that can follow, at once or later. */
function reachableFrom(start: JobStatus): Set<JobStatus> {
  const reached = new Set<JobStatus>([start]);
  for (const status of reached) for (const next of nextOf(status)) reached.add(next);
  return reached;
}

describe('the table of job states', () => {
  it('reaches every state from queued', () => {
    expect(JOB_STATES.filter((status) => !reachableFrom('queued').has(status))).toEqual([]);
  });

  it('moves only between states it has', () => {
    expect(JOB_STATES.flatMap(nextOf).filter((status) => !JOB_STATES.includes(status))).toEqual([]);
  });

  it('has no way out of exactly the terminal states', () => {
    expect(JOB_STATES.filter((status) => nextOf(status).length === 0).sort()).toEqual([...TERMINAL_STATES].sort());
    expect(JOB_STATES.filter(isTerminal).sort()).toEqual([...TERMINAL_STATES].sort());
  });

  it('lets every job end', () => {
    const stuck = JOB_STATES.filter((status) => ![...reachableFrom(status)].some(isTerminal));
    expect(stuck).toEqual([]);
  });

  it('lets nothing follow cancelling but cancelled', () => {
    expect([...reachableFrom('cancelling')]).toEqual(['cancelling', 'cancelled']);
  });

  it.each<[JobStatus, JobStatus, boolean]>([
    ['queued', 'preparing', true],
    ['running', 'queued', true],
    ['queued', 'running', false],
    ['running', 'succeeded', false],
    ['succeeded', 'cancelled', false],
  ])('%s to %s: %s', (from, to, allowed) => {
    expect(mayBecome(from, to)).toBe(allowed);
  });
});

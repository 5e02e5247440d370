// What counts against the limits of a job.
import { describe, expect, it } from '@jest/globals';
import { limitPassed, workedMs } from '#jobs/limits.js';
import { NO_LIMITS, type AcceptedJob, type JobState } from '#jobs/records.js';
import { QUEUED } from '#jobs/state.js';

const at = (second: number): string => new Date(second * 1_000).toISOString();
const history = (...changes: [JobState['status'], number][]): JobState => ({
  ...QUEUED,
  attempt: 1,
  history: changes.map(([status, second]) => ({ status, at: at(second), reason: null })),
});
const job = (limits: Partial<AcceptedJob['limits']>) => ({ created_at: at(0), limits: { ...NO_LIMITS, ...limits } }) as AcceptedJob;

describe('workedMs', () => {
  it.each([
    ['nothing, while it waits', QUEUED, 0],
    ['all since it began, until now', history(['preparing', 10], ['running', 12]), 90_000],
    ['not the time between two attempts', history(['preparing', 10], ['running', 12], ['queued', 20], ['preparing', 80]), 10_000 + 20_000],
    ['not what is after its end', history(['preparing', 10], ['running', 12], ['finalizing', 15], ['succeeded', 16]), 6_000],
    ['nothing for a clock that was set back', history(['preparing', 200]), 0],
  ])('counts %s', (_what, state, ms) => expect(workedMs(state, 100_000)).toBe(ms));
});

describe('limitPassed', () => {
  it.each([
    ['no limit', job({}), QUEUED, undefined],
    ['a wait that is not over', job({ queue_seconds: 100 }), QUEUED, undefined],
    ['a wait that is over', job({ queue_seconds: 99 }), QUEUED, 'queue'],
    ['a wait for another attempt', job({ queue_seconds: 5 }), history(['preparing', 4], ['queued', 6]), undefined],
    ['work that is over', job({ run_seconds: 2 }), history(['preparing', 4], ['queued', 6]), 'run'],
    ['work that is not', job({ run_seconds: 3 }), history(['preparing', 4], ['queued', 6]), undefined],
  ])('%s', (_what, of, state, passed) => expect(limitPassed(of, state, 100_000)).toBe(passed));
});

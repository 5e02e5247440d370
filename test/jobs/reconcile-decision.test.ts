// What the reconciler decides, over all it can see.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTerminal, JOB_STATES } from '#contract/job-states.js';
import { isStray, stepForReading, stepForJob, STRAYS_KEPT_MS, type JobSeen } from '#jobs/reconcile-decision.js';

const jobSeen = fc.record<JobSeen>({
  status: fc.constantFrom(...JOB_STATES),
  decided: fc.boolean(),
  waitedTooLong: fc.boolean(),
  pauseAsked: fc.boolean(),
  held: fc.boolean(),
  worked: fc.boolean(),
  lasting: fc.boolean(),
});
const forAll = (property: (seen: JobSeen) => void): void => fc.assert(fc.property(jobSeen, property), { numRuns: 2_000 });

describe('stepForJob', () => {
  it('leaves what has ended', () =>
    forAll((seen) => {
      if (isTerminal(seen.status)) expect(stepForJob(seen)).toBe('leave');
    }));

  it('queues nothing whose end is decided, and concludes nothing else', () =>
    forAll((seen) => {
      const step = stepForJob(seen);
      if (step === 'conclude') expect(seen.decided).toBe(true);
      if (step === 'requeue' || step === 'expire') expect(seen.decided).toBe(false);
    }));

  it('queues nothing again that the queue or a worker has, and nothing begun that was not lost before', () =>
    forAll((seen) => {
      if (stepForJob(seen) !== 'requeue') return;
      expect(seen).toMatchObject({ held: false, worked: false });
      if (seen.status !== 'queued' && seen.status !== 'paused') expect(seen.lasting).toBe(true);
    }));

  it('leaves what is paused, until something else was asked of it', () => {
    const paused: JobSeen = { status: 'paused', decided: false, waitedTooLong: true, pauseAsked: true, held: false, worked: false, lasting: true };
    expect([stepForJob(paused), stepForJob({ ...paused, pauseAsked: false })]).toEqual(['leave', 'requeue']);
  });

  it('gives whoever sets a job aside that waits the time to do so', () => {
    const setAside: JobSeen = { status: 'queued', decided: false, waitedTooLong: false, pauseAsked: true, held: false, worked: false, lasting: false };
    expect([stepForJob(setAside), stepForJob({ ...setAside, lasting: true }), stepForJob({ ...setAside, pauseAsked: false })]).toEqual(['watch', 'requeue', 'requeue']);
  });

  it('expires only what waits', () =>
    forAll((seen) => {
      if (stepForJob(seen) === 'expire') expect(seen).toMatchObject({ status: 'queued', waitedTooLong: true });
    }));

  it('brings every unfinished job on its way, at once or once it lasts, unless somebody has it', () =>
    forAll((seen) => {
      if (isTerminal(seen.status) || (!seen.decided && (seen.held || seen.worked || (seen.status === 'paused' && seen.pauseAsked)))) return;
      const first = stepForJob({ ...seen, lasting: false });
      expect(first).not.toBe('leave');
      if (first === 'watch') expect(['requeue', 'conclude']).toContain(stepForJob({ ...seen, lasting: true }));
    }));
});

describe('stepForReading', () => {
  it.each([
    [{ unread: false, held: false, worked: false, lasting: true }, 'leave'],
    [{ unread: true, held: true, worked: false, lasting: true }, 'leave'],
    [{ unread: true, held: false, worked: true, lasting: true }, 'leave'],
    [{ unread: true, held: false, worked: false, lasting: false }, 'watch'],
    [{ unread: true, held: false, worked: false, lasting: true }, 'requeue'],
  ])('%j: %s', (seen, step) => expect(stepForReading(seen)).toBe(step));
});

describe('isStray', () => {
  it.each([
    ['ended', 0, true],
    ['unfinished', Infinity, false],
    ['missing', STRAYS_KEPT_MS, false],
    ['missing', STRAYS_KEPT_MS + 1, true],
  ] as const)('%s, seen for %d ms: %s', (owner, seenForMs, stray) => expect(isStray({ owner, seenForMs })).toBe(stray));
});

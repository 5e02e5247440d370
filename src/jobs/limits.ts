// The limits a caller sets on a job, and when they have passed. Times are of the wall clock, as they are stored.
import { ServiceError } from '../contract/errors.js';
import type { JobStatus } from '../contract/job-states.js';
import type { AcceptedJob, JobOutcome, JobState } from './records.js';

/** States in which an attempt is at work. */
const AT_WORK: readonly JobStatus[] = ['preparing', 'running', 'finalizing'];

/** What a timer of Node takes at most, 24 days; a limit past it is found when the job is next taken up. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Time at work so far, over all attempts, in milliseconds. Waiting between attempts does not count. */
export function workedMs({ history }: JobState, nowMs: number): number {
  return history.reduce((sum, { status, at }, index) => {
    if (!AT_WORK.includes(status)) return sum;
    const until = history[index + 1]?.at;
    // A clock set back must not give time that was used.
    return sum + Math.max(0, (until === undefined ? nowMs : Date.parse(until)) - Date.parse(at));
  }, 0);
}

/** Time at work that is left, in milliseconds; Infinity where there is no limit. */
const runTimeLeftMs = ({ limits }: AcceptedJob, state: JobState, nowMs: number): number =>
  limits.run_seconds === null ? Infinity : Math.max(0, limits.run_seconds * 1_000 - workedMs(state, nowMs));

/** Aborts when the time at work is up, for an attempt that begins now. */
export function runLimit(job: AcceptedJob, state: JobState, nowMs: number): AbortSignal {
  const leftMs = runTimeLeftMs(job, state, nowMs);
  const limit = new AbortController();
  if (leftMs <= LONGEST_TIMER_MS) setTimeout(() => limit.abort('expired'), leftMs).unref();
  return limit.signal;
}

/** Whether the job has waited for its first attempt longer than it may. */
export const waitedTooLong = ({ limits, created_at: createdAt }: AcceptedJob, { attempt }: JobState, nowMs: number): boolean =>
  limits.queue_seconds !== null && attempt === 0 && nowMs - Date.parse(createdAt) > limits.queue_seconds * 1_000;

export type Limit = 'queue' | 'run';

/** Which limit has passed, if one has, for a job that nobody works on. */
export function limitPassed(job: AcceptedJob, state: JobState, nowMs: number): Limit | undefined {
  if (waitedTooLong(job, state, nowMs)) return 'queue';
  return runTimeLeftMs(job, state, nowMs) === 0 ? 'run' : undefined;
}

/** The end of a job whose limit has passed. */
export function expired({ limits }: AcceptedJob, which: Limit, attempt: number): JobOutcome {
  const error = which === 'queue'
    ? ServiceError.of('QUEUE_SECONDS_PASSED', limits.queue_seconds ?? 0)
    : ServiceError.of('RUN_SECONDS_PASSED', limits.run_seconds ?? 0);
  return { status: 'expired', at: new Date().toISOString(), attempt, error: error.toRecord() };
}

// The only place a job ends. Whoever writes the outcome first decides how; then the outcome is made true, as often as it takes.
import { faultPoint } from '#fault-points';
import { isTerminal } from '../contract/job-states.js';
import type { EventLog } from '../events/event-log.js';
import { readRecord, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { ACCEPTED_JOB, JOB_OUTCOME, LAST_STATE, type AcceptedJob, type JobOutcome } from './records.js';
import { hasResult, publishResult } from './result.js';
import { closed, readState } from './state.js';

/**
 * Writes how the job ended, unless that is decided already. Publishing is decided by this same write: after it a cancel comes
 * too late, and after a cancel no artifact appears.
 * @returns the outcome that stands
 */
export async function settle(store: Store, id: string, outcome: JobOutcome): Promise<JobOutcome> {
  await faultPoint('outcome.write.fail');
  if (await writeRecordOnce(store, JOB_OUTCOME, id, outcome)) return outcome;
  return (await readRecord(store, JOB_OUTCOME, id))!;
}

/**
 * Makes the outcome true: what was made published or what was staged removed, the state closed, and the last event written, with which the job has ended. Every part
 * may be repeated, and done by several at once, in one process or in several: a crash in between is mended by calling it again.
 * Nobody may be making an attempt of the job any more.
 */
export async function conclude(store: Store, events: EventLog, id: string): Promise<JobOutcome | undefined> {
  const job = await readRecord(store, ACCEPTED_JOB, id);
  const outcome = await readRecord(store, JOB_OUTCOME, id);
  if (!job || !outcome) return undefined;

  await faultPoint('conclude.begun.fail');
  if (outcome.status === 'succeeded') {
    const staging = await store.staged(outcome.staging);
    if (staging) await publishResult(store, job, staging);
  }
  await faultPoint('conclude.published.fail');
  await discardStaged(store, job, outcome);
  await faultPoint('conclude.discarded.fail');

  const state = await readState(store, id);
  if (!isTerminal(state.status)) await writeRecordOnce(store, LAST_STATE, id, closed(state, outcome));
  await faultPoint('conclude.closed.fail');
  await writeLastEvent(events, job, outcome);
  return outcome;
}

function writeLastEvent(events: EventLog, job: AcceptedJob, outcome: JobOutcome): Promise<void> {
  switch (outcome.status) {
    case 'succeeded':
      return events.end(job.id, 'job.succeeded', { model: job.model, metrics: outcome.metrics, stop_reason: outcome.stop_reason });
    case 'failed':
      return events.end(job.id, 'job.failed', { error: outcome.error });
    case 'expired':
      return events.end(job.id, 'job.expired', { error: outcome.error });
    case 'cancelled':
      return events.end(job.id, 'job.cancelled', {});
  }
}

/** Staging folders carry their job's id; none of them may outlive it, but the one that is being published. */
async function discardStaged(store: Store, job: AcceptedJob, outcome: JobOutcome): Promise<void> {
  for (const name of await store.listStaged()) {
    const published = outcome.status === 'succeeded' && name === outcome.staging && !(await hasResult(store, job));
    if (!name.startsWith(job.id) || published) continue;
    const staging = await store.staged(name);
    if (staging) await store.discard(staging);
  }
}

// The only place a job ends. Whoever writes the outcome first decides how; then the outcome is made true, as often as it takes.
import type { EventLog, EventWriter } from '../events/event-log.js';
import { LAST_EVENTS } from '../contract/event.js';
import { publishModel } from '../models/registry.js';
import { readRecord, writeRecord, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { ACCEPTED_JOB, JOB_OUTCOME, JOB_STATE, type AcceptedJob, type JobOutcome, type JobState } from './records.js';
import { moved, QUEUED } from './state.js';

/**
 * Writes how the job ended, unless that is decided already. Publishing is decided by this same write: after it a cancel comes
 * too late, and after a cancel no artifact appears.
 * @returns the outcome that stands
 */
export async function settle(store: Store, id: string, outcome: JobOutcome): Promise<JobOutcome> {
  if (await writeRecordOnce(store, JOB_OUTCOME, id, outcome)) return outcome;
  return (await readRecord(store, JOB_OUTCOME, id))!;
}

/**
 * Makes the outcome true: the model published or what was staged removed, the last event written, the state closed. Every part
 * may be repeated, so a crash in between is mended by calling it again. Only the one who may write the job's log may call it.
 */
export function conclude(store: Store, events: EventLog, id: string): Promise<JobOutcome | undefined> {
  // Several who cancel at once are one writer of the log, not several.
  const begun = concluding.get(id);
  if (begun) return begun;
  const work = concludeOnce(store, events, id).finally(() => concluding.delete(id));
  concluding.set(id, work);
  return work;
}

const concluding = new Map<string, Promise<JobOutcome | undefined>>();

async function concludeOnce(store: Store, events: EventLog, id: string): Promise<JobOutcome | undefined> {
  const job = await readRecord(store, ACCEPTED_JOB, id);
  const outcome = await readRecord(store, JOB_OUTCOME, id);
  if (!job || !outcome) return undefined;

  if (outcome.status === 'succeeded') {
    const staging = await store.staged(outcome.staging);
    if (staging) await publishModel(store, job.model, staging);
  }
  await discardStaged(store, job, outcome);

  const state = (await readRecord(store, JOB_STATE, id)) ?? QUEUED;
  const [last] = (await events.read(id)).slice(-1);
  if (!last || !LAST_EVENTS.includes(last.type)) await writeLastEvent(await events.openWriter(id), job, outcome);
  if (state.status !== outcome.status) await writeRecord(store, JOB_STATE, id, closed(state, outcome));
  return outcome;
}

const closed = (state: JobState, outcome: JobOutcome): JobState => ({
  ...moved(state, outcome.status, outcome.at, null),
  ...(outcome.status === 'succeeded' && { metrics: outcome.metrics, runs: outcome.runs }),
});

async function writeLastEvent(writer: EventWriter, job: AcceptedJob, outcome: JobOutcome): Promise<void> {
  if (outcome.status === 'succeeded') await writer.append('job.succeeded', { model: job.model, metrics: outcome.metrics });
  else if (outcome.status === 'failed') await writer.append('job.failed', { error: outcome.error });
  else await writer.append('job.cancelled', {});
  await writer.sync();
}

/** Staging folders carry their job's id; none of them may outlive it, but the one that is being published. */
async function discardStaged(store: Store, job: AcceptedJob, outcome: JobOutcome): Promise<void> {
  for (const name of await store.listStaged()) {
    const published = outcome.status === 'succeeded' && name === outcome.staging && !(await isPublished(store, job));
    if (!name.startsWith(job.id) || published) continue;
    const staging = await store.staged(name);
    if (staging) await store.discard(staging);
  }
}

const isPublished = async (store: Store, job: AcceptedJob): Promise<boolean> =>
  (await store.list(`models/${job.model}`)).length > 0;

// Puts right what a copy of the store that was made while the service ran holds, or lacks: files of different moments. What is only half
// there is never shown as a result: it is made again from what was accepted, to the same bytes, or ends with COPY_INCOMPLETE. Once, at
// the first start on the copy, before anybody else opens it; the reconciler does the rest as after a crash. May be repeated.
import { join } from 'node:path';
import { ServiceError } from '../contract/errors.js';
import { isTerminal } from '../contract/job-states.js';
import { listDatasetIds } from '../datasets/registry.js';
import { restoreDataset } from '../datasets/restore.js';
import { CHECKPOINT_FILE } from '../engine/checkpoint.js';
import type { EventLog } from '../events/event-log.js';
import { isClosed, lastEventKey, mendEnd } from '../events/lines.js';
import { restoreCatalogue } from '../models/catalogue/registry.js';
import { listImportIds } from '../models/imports/registry.js';
import { restoreImport } from '../models/imports/restore.js';
import { giveMissingVersions } from '../models/missing-versions.js';
import { isModelWhole, listModelIds, modelPrefix } from '../models/registry.js';
import { isWhole } from '../store/file-digest.js';
import { isUnreadable, readRecord, readOrRemove, writeRecord, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { checkpointsPrefix, listCheckpoints } from './checkpoints.js';
import { arePredictionsWhole, predictionsPrefix } from './prediction-files.js';
import { listJobIds } from './query.js';
import {
  ACCEPTED_JOB, attemptFence, attemptsPrefix, JOB_OUTCOME, JOB_REQUEST, JOB_STATE, LAST_STATE, metricsKey, MODEL_DELETED,
  type AcceptedJob, type JobOutcome,
} from './records.js';
import { isResultWhole, isStagedWhole, resultPrefix } from './result.js';
import { conclude, settle } from './settle.js';
import { readState, reopened } from './state.js';

export interface RestoreRooms {
  store: Store;
  events: EventLog;
}

/** Ids of what was found in a copy. */
export interface Restored {
  /** Data sets, models that were sent and jobs whose result was not whole, or that were at work: they are made again, or gone on with. */
  again: string[];
  /** What ended with COPY_INCOMPLETE, and models that cannot be made again, which are gone. */
  lost: string[];
  /** What cannot be read; it is left as it is. */
  unreadable: string[];
}

const RESTORED = 'restored from a copy';

export async function restore(rooms: RestoreRooms): Promise<Restored> {
  const { store } = rooms;
  const done: Restored = { again: [], lost: [], unreadable: [] };
  const each = async (id: string, look: () => Promise<'kept' | 'again' | 'lost'>): Promise<void> => {
    try {
      const found = await look();
      if (found !== 'kept') done[found].push(id);
    } catch (problem) {
      if (!isUnreadable(problem)) throw problem;
      done.unreadable.push(id);
    }
  };
  for (const id of await listDatasetIds(store)) await each(id, () => restoreDataset(store, id));
  for (const id of await listImportIds(store)) await each(id, () => restoreImport(store, id));
  await restoreCatalogue(store);
  for (const id of await listJobIds(store)) await each(id, () => restoreJob(rooms, id));
  for (const id of await listModelIds(store)) await each(id, async () => ((await isModelWhole(store, id)) ? 'kept' : removeModel(store, id)));
  await giveMissingVersions(store);
  // What was of use has been published by now.
  for (const name of await store.listStaged()) {
    const staging = await store.staged(name);
    if (staging) await store.discard(staging);
  }
  return done;
}

async function restoreJob(rooms: RestoreRooms, id: string): Promise<'kept' | 'again' | 'lost'> {
  const { store, events } = rooms;
  const job = await readRecord(store, ACCEPTED_JOB, id);
  if (!job) return 'kept'; // was being accepted or removed; the reconciler clears it away
  await mendEnd(store, id);
  await readOrRemove(store, JOB_STATE, id);
  await readOrRemove(store, LAST_STATE, id);
  await readOrRemove(store, JOB_REQUEST, id);
  const outcome = await readOrRemove(store, JOB_OUTCOME, id);
  if (outcome && (outcome.status !== 'succeeded' || (await isThere(store, job, outcome)))) {
    if (outcome.status !== 'succeeded') await removeResult(store, job);
    // Not worth training again for.
    else if (!(await arePredictionsWhole(store, id, outcome.attempt))) await store.delete(predictionsPrefix(id, outcome.attempt));
    await conclude(store, events, id);
    return 'kept';
  }
  // Training that was stopped would not be stopped at the same step again.
  const lost = outcome?.stop_reason === 'user_stop';
  const begun = await openAgain(rooms, job, outcome, lost);
  if (!lost) return begun ? 'again' : 'kept';
  const error = ServiceError.of('COPY_INCOMPLETE', job.model === null ? 'all of its result' : `all of model ${job.model}`).toRecord();
  await settle(store, id, { status: 'failed', at: new Date().toISOString(), attempt: outcome.attempt, error });
  await conclude(store, events, id);
  return 'lost';
}

/** Whether what it made is whole in its place, or staged and moved there now, or was deleted by a caller. */
async function isThere(store: Store, job: AcceptedJob, { staging: name }: Extract<JobOutcome, { status: 'succeeded' }>): Promise<boolean> {
  if (await readOrRemove(store, MODEL_DELETED, job.id)) {
    await removeResult(store, job);
    return true;
  }
  if (await isResultWhole(store, job)) return true;
  await removeResult(store, job);
  const staging = await store.staged(name);
  if (!staging || !(await isStagedWhole(staging, job))) return false;
  await store.seal(staging);
  return true; // published by `conclude`
}

const removeResult = async (store: Store, job: AcceptedJob): Promise<void> => void (await store.delete(resultPrefix(job)));

async function removeModel(store: Store, id: string): Promise<'lost'> {
  await store.delete(modelPrefix(id));
  return 'lost';
}

/**
 * Takes back whatever of an end is there, and has a job that had been begun wait again.
 * @param ends The job is about to end for good: it does not wait.
 * @returns false where nobody had begun it, or it is paused
 */
async function openAgain({ store, events }: RestoreRooms, job: AcceptedJob, outcome: JobOutcome | undefined, ends: boolean): Promise<boolean> {
  const { id } = job;
  const state = await readState(store, id);
  const ended = outcome !== undefined || isTerminal(state.status) || (await isClosed(store, id));
  await removeResult(store, job);
  await removeTornCheckpoints(store, id);
  const attempts = await takeNumbers({ store, events }, id, Math.max(state.attempt, outcome?.attempt ?? 0));
  await store.delete(LAST_STATE.key(id));
  if (!ended && (attempts === 0 || state.status === 'paused')) return false;

  await store.delete(JOB_OUTCOME.key(id));
  await store.delete(lastEventKey(id));
  await writeRecord(store, JOB_STATE, id, { ...reopened(state, new Date().toISOString(), RESTORED), attempt: attempts });
  if (ends) return true;
  await events.begin(id, 'job.queued', { reason: null });
  const writer = await events.openWriter(id);
  await writer.append('job.queued', { reason: RESTORED });
  await writer.sync();
  return true;
}

/** The next attempt gets a number that none has had of which anything tells. @returns the highest so far */
async function takeNumbers({ store, events }: RestoreRooms, id: string, known: number): Promise<number> {
  const told = (await events.read(id)).flatMap((event) => (event.type === 'job.preparing' ? [event.data.attempt] : []));
  const fenced = (await store.list(attemptsPrefix(id))).map(Number);
  const written = (await store.list(checkpointsPrefix(id))).map((name) => Number(name.split('-')[0]));
  const highest = Math.max(0, known, ...told, ...fenced, ...written);
  if (highest > 0) await writeRecordOnce(store, attemptFence(highest), id, { worker: RESTORED, at: new Date().toISOString() });
  return highest;
}

/** Only such are left as a run can go on from, with the learning curves up to there. */
async function removeTornCheckpoints(store: Store, id: string): Promise<void> {
  const listed = await listCheckpoints(store, id);
  for (const name of await store.list(checkpointsPrefix(id))) {
    const prefix = `${checkpointsPrefix(id)}/${name}`;
    const record = listed.find((checkpoint) => checkpoint.name === name);
    const curves = record && ((await store.sizeOf(metricsKey(id, record.attempt))) ?? 0);
    const whole = record && curves! >= record.metrics_bytes && (await isWhole(join(await store.localFolder(prefix), CHECKPOINT_FILE), record));
    if (!whole) await store.delete(prefix);
  }
}

// The checkpoints of a job: published whole, kept while they are of use.
//   jobs/<id>/checkpoints/<name>/checkpoint.bin    what a run goes on from (engine/checkpoint.ts); proves itself
//   jobs/<id>/checkpoints/<name>/checkpoint.json   what is shown of it
// Names sort by attempt, then by their order in it, so that the newest is the last.
import { faultPoint } from '#fault-points';
import { Checkpoint } from '../contract/checkpoint.js';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import { PUBLISHED_RUN } from '../contract/run.js';
import { encodeRecord, readRecord, recordKind } from '../store/records.js';
import type { Staging, Store } from '../store/store.js';
import { jobPrefix } from './records.js';

/** Of the newest this many are kept, for the last may turn out to be damaged. */
const NEWEST_KEPT = 2;
const DIGITS = 6;

export const checkpointsPrefix = (job: string): string => `${jobPrefix(job)}/checkpoints`;
const RECORD_FILE = 'checkpoint.json';
/** As it is stored; one of an earlier version without its name, which is that of its folder. */
export type StoredCheckpoint = Checkpoint & { metrics_bytes: number };
const STORED = (job: string) => recordKind<StoredCheckpoint>('checkpoint', 1, (name) => `${checkpointsPrefix(job)}/${name}/${RECORD_FILE}`);

/** @param attempt which attempt writes it @param number which of this attempt's it is, from 1 */
export const checkpointName = (attempt: number, number: number): string =>
  [attempt, number].map((count) => String(count).padStart(DIGITS, '0')).join('-');

/** What its writer tells of a checkpoint. */
export type CheckpointFacts = Omit<Checkpoint, 'id' | 'object' | 'job' | 'name' | 'created_at' | 'best'>;

/**
 * Makes a staged checkpoint one of the job's, all at once and for good; then lets go of those that are no longer of use: all but
 * the newest two and the best, of the run that becomes the model and of the one at work.
 * @param metricsBytes how much of its attempt's learning curves had been written by then
 * @returns undefined where the name is taken: another attempt of that number has come before
 */
export async function publishCheckpoint(
  store: Store,
  job: string,
  name: string,
  staging: Staging,
  facts: CheckpointFacts,
  metricsBytes: number,
): Promise<Checkpoint | undefined> {
  const shown: Checkpoint = { ...facts, id: newId('checkpoint'), object: 'checkpoint', job, name, created_at: new Date().toISOString(), best: false };
  await store.writeStaged(staging, RECORD_FILE, encodeRecord(STORED(job), { ...shown, metrics_bytes: metricsBytes }));
  await store.seal(staging);
  await faultPoint('checkpoint.publish.fail');
  if (!(await store.publish(staging, `${checkpointsPrefix(job)}/${name}`))) return undefined;
  await letGo(store, job, facts.run);
  return shown;
}

async function letGo(store: Store, job: string, atWork: string): Promise<void> {
  const names = await store.list(checkpointsPrefix(job));
  const best = (await listCheckpoints(store, job)).filter(({ best, run }) => best && (run === PUBLISHED_RUN || run === atWork)).map(({ name }) => name);
  const kept = new Set([...names.slice(-NEWEST_KEPT), ...best]);
  for (const name of names) if (!kept.has(name)) await store.delete(`${checkpointsPrefix(job)}/${name}`);
}

/** Newest first. One whose record cannot be read is not listed; a run may still go on from its file. */
export async function listCheckpoints(store: Store, job: string): Promise<StoredCheckpoint[]> {
  const found: StoredCheckpoint[] = [];
  for (const name of (await store.list(checkpointsPrefix(job))).reverse()) {
    const record = await readRecord(store, STORED(job), name).catch((problem: unknown) => {
      if (!(problem instanceof ServiceError && problem.code === 'STORE_CORRUPT')) throw problem;
    });
    if (record) found.push({ ...record, name });
  }
  return found.map((checkpoint) => ({ ...checkpoint, best: isBest(checkpoint, found) }));
}

/** The lowest validation loss of its run; of equal ones the earliest. */
function isBest({ name, run, metrics }: StoredCheckpoint, all: readonly StoredCheckpoint[]): boolean {
  const loss = metrics.val_loss;
  if (loss === undefined) return false;
  const rivals = all.filter((other) => other.run === run && other.metrics.val_loss !== undefined && other.name !== name);
  return rivals.every((other) => other.metrics.val_loss! > loss || (other.metrics.val_loss === loss && other.name > name));
}

/** Folders of this machine that hold the job's checkpoints, by name, newest first: what an attempt may go on from. */
export async function checkpointFolders(store: Store, job: string): Promise<{ name: string; folder: string }[]> {
  const names = (await store.list(checkpointsPrefix(job))).reverse();
  return Promise.all(names.map(async (name) => ({ name, folder: await store.localFolder(`${checkpointsPrefix(job)}/${name}`) })));
}

/** As it is answered. */
export const checkpointView = (listed: StoredCheckpoint): Checkpoint =>
  Object.fromEntries(Object.keys(Checkpoint.properties).map((key) => [key, listed[key as keyof Checkpoint]])) as Checkpoint;

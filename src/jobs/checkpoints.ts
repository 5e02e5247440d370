// The checkpoints of a job: published whole, kept while they are of use.
//   jobs/<id>/checkpoints/<name>/checkpoint.bin    what a run goes on from (engine/checkpoint.ts); proves itself
//   jobs/<id>/checkpoints/<name>/checkpoint.json   what is shown of it
// Names sort by attempt, then by their order in it, so that the newest is the last.
import type { Checkpoint } from '../contract/checkpoint.js';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import { encodeRecord, readRecord, recordKind } from '../store/records.js';
import type { Staging, Store } from '../store/store.js';
import { jobPrefix } from './records.js';

/** Of the newest this many are kept, for the last may turn out to be damaged. */
const NEWEST_KEPT = 2;
const DIGITS = 6;

const prefixOf = (job: string): string => `${jobPrefix(job)}/checkpoints`;
const RECORD_FILE = 'checkpoint.json';
const CHECKPOINT = (job: string) => recordKind<Checkpoint>('checkpoint', 1, (name) => `${prefixOf(job)}/${name}/${RECORD_FILE}`);

/** @param attempt which attempt writes it @param number which of this attempt's it is, from 1 */
export const checkpointName = (attempt: number, number: number): string =>
  [attempt, number].map((count) => String(count).padStart(DIGITS, '0')).join('-');

/** What is told of a checkpoint when it has been written. */
export type CheckpointFacts = Omit<Checkpoint, 'id' | 'object' | 'job' | 'created_at' | 'best'>;

/** The bytes and name of the record that lies beside the file of a checkpoint. */
export const checkpointRecord = (job: string, at: string, facts: CheckpointFacts): { file: string; bytes: string } => ({
  file: RECORD_FILE,
  bytes: encodeRecord(CHECKPOINT(job), { ...facts, id: newId('checkpoint'), object: 'checkpoint', job, created_at: at, best: false }),
});

/**
 * Makes a staged checkpoint one of the job's, all at once and for good; then lets go of those that are no longer of use: all but
 * the newest two and the best.
 * @returns false where the name is taken: another attempt of the same number has come before
 */
export async function publishCheckpoint(store: Store, job: string, name: string, staging: Staging): Promise<boolean> {
  await store.seal(staging);
  if (!(await store.publish(staging, `${prefixOf(job)}/${name}`))) return false;
  await letGo(store, job);
  return true;
}

async function letGo(store: Store, job: string): Promise<void> {
  const names = await store.list(prefixOf(job));
  const best = (await listCheckpoints(store, job)).filter((checkpoint) => checkpoint.best).map(({ name }) => name);
  const kept = new Set([...names.slice(-NEWEST_KEPT), ...best]);
  for (const name of names) if (!kept.has(name)) await store.delete(`${prefixOf(job)}/${name}`);
}

/** Name in the store beside what is shown. */
export type ListedCheckpoint = Checkpoint & { name: string };

/** Newest first. One whose record cannot be read is not listed; a run may still go on from its file. */
export async function listCheckpoints(store: Store, job: string): Promise<ListedCheckpoint[]> {
  const found: ListedCheckpoint[] = [];
  for (const name of (await store.list(prefixOf(job))).reverse()) {
    const record = await readRecord(store, CHECKPOINT(job), name).catch((problem: unknown) => {
      if (!(problem instanceof ServiceError && problem.code === 'STORE_CORRUPT')) throw problem;
    });
    if (record) found.push({ ...record, name });
  }
  return found.map((checkpoint) => ({ ...checkpoint, best: isBest(checkpoint, found) }));
}

/** The lowest validation loss of its run; of equal ones the earliest. */
function isBest({ name, run, metrics }: ListedCheckpoint, all: readonly ListedCheckpoint[]): boolean {
  const loss = metrics.val_loss;
  if (loss === undefined) return false;
  const rivals = all.filter((other) => other.run === run && other.metrics.val_loss !== undefined && other.name !== name);
  return rivals.every((other) => other.metrics.val_loss! > loss || (other.metrics.val_loss === loss && other.name > name));
}

/** Folders of this machine that hold the job's checkpoints, by name, newest first: what an attempt may go on from. */
export async function checkpointFolders(store: Store, job: string): Promise<{ name: string; folder: string }[]> {
  const names = (await store.list(prefixOf(job))).reverse();
  return Promise.all(names.map(async (name) => ({ name, folder: await store.localFolder(`${prefixOf(job)}/${name}`) })));
}

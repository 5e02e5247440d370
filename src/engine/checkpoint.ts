// A checkpoint: all a run needs to go on as if it had never stopped, in one file that proves itself. Only what hashes to its own
// last bytes is ever read from, so a torn, flipped, swapped or foreign file is found before a number of it is used.
//   8 bytes   "RSCKPT1\n"
//   4 bytes   length of the head, little-endian
//   head      JSON: where the run is, and the name and length of each tensor, in order
//   tensors   float32, little-endian, one after the other
//   32 bytes  SHA-256 of everything before
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, FlatMetrics, RunResult } from '../contract/job.js';
import { ServiceError } from '../contract/errors.js';
import { bytesOf, readInto } from '../store/array-file.js';

export const CHECKPOINT_FILE = 'checkpoint.bin';

/** Where the loop stands between two calls: what is done, not what comes next. */
export interface Cursor {
  /** From 0. */
  stage: number;
  /** From 1, within the run; 0 before the first. */
  epoch: number;
  /** Of the run, from 1; 0 before the first. */
  step: number;
  /** Epochs of the stage that are finished. */
  epochsOfStage: number;
  /** Examples of the running epoch's order that are done. */
  examples: number;
}

/** Sums over examples of what was measured, by measure. */
export interface Sums {
  examples: number;
  sums: Readonly<Record<string, number>>;
}

/** What has been measured of an epoch: in all, and since the last report. */
export interface EpochSums {
  whole: Sums;
  report: Sums;
  stepsOfReport: number;
}

/** What decides whether a resumed run gives the same bytes: all of it must be the same. */
export interface Environment {
  engine: Engine;
  node: string;
  threads: number;
  /** Model of the processor: its vector units decide the order of sums. */
  processor: string;
}

export interface CheckpointHead {
  /** Of the job whose runs these are. */
  spec_digest: string;
  /** Which checkpoint of the job this is, so that one copied over another is found. */
  name: string;
  environment: Environment;
  /** The run that goes on. */
  run: string;
  cursor: Cursor;
  /** Sums of the running epoch's measures so far, by name, exactly; left out between epochs. */
  sums: EpochSums | undefined;
  /** The last value of each metric of this run. */
  metrics: FlatMetrics;
  examplesSeen: number;
  /** Spent on this run so far. */
  seconds: number;
  /** Runs that are finished. */
  finished: readonly RunResult[];
}

/** Values by name: `layer/weight`, `layer/weight/slot` of the optimizer; a finished main run's weights under `main:`. */
export type NamedTensors = ReadonlyMap<string, Float32Array>;

const MAGIC = Buffer.from('RSCKPT1\n');
const DIGEST_BYTES = 32;

/** Writes the file into a folder. It is not fsynced: the folder is a staging folder, which the store seals. */
export async function writeCheckpoint(folder: string, head: CheckpointHead, tensors: NamedTensors): Promise<{ size_bytes: number; sha256: string }> {
  const listed = [...tensors].map(([name, values]) => [name, values.length] as const);
  const json = Buffer.from(JSON.stringify({ ...head, tensors: listed }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);

  const hash = createHash('sha256');
  const file = await open(join(folder, CHECKPOINT_FILE), 'wx', 0o600);
  let size = 0;
  try {
    for (const part of [MAGIC, length, json, ...[...tensors.values()].map(bytesOf)]) {
      hash.update(part);
      await file.writeFile(part);
      size += part.byteLength;
    }
    const digest = hash.digest();
    await file.writeFile(digest);
    return { size_bytes: size + digest.length, sha256: digest.toString('hex') };
  } finally {
    await file.close();
  }
}

/**
 * Reads a checkpoint back. Lengths in it are held against the size of the file before anything is reserved for them; nothing of it
 * is given out before all of it has hashed to its digest.
 * @param expected whose it must be: of which job, and which of its checkpoints
 * @throws CHECKPOINT_CORRUPT, saying what is wrong with it
 */
export async function readCheckpoint(folder: string, expected: Pick<CheckpointHead, 'spec_digest' | 'name'>): Promise<SavedRun> {
  try {
    const { head, tensors } = await readWhole(join(folder, CHECKPOINT_FILE));
    // Whole and untouched, but perhaps another's.
    if (head.spec_digest !== expected.spec_digest) throw new Damage('it belongs to another job');
    if (head.name !== expected.name) throw new Damage(`it is checkpoint ${head.name}`);
    return { head, tensors };
  } catch (problem) {
    const why = problem instanceof Damage ? problem.message : (problem as NodeJS.ErrnoException).code;
    if (why === undefined) throw problem;
    throw Object.assign(ServiceError.of('CHECKPOINT_CORRUPT', expected.name, why), { cause: problem });
  }
}

export interface SavedRun {
  head: CheckpointHead;
  tensors: NamedTensors;
}

/** What is wrong with a file. */
class Damage extends Error {}

async function readWhole(path: string): Promise<SavedRun> {
  // A link in the file's place would lead out of the store: it is not followed.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const end = (await file.stat()).size - DIGEST_BYTES;
    const hash = createHash('sha256');
    let at = 0;
    const next = async <T extends Uint8Array>(bytes: T): Promise<T> => {
      if (at + bytes.length > end) throw new Damage('it is cut off');
      await readInto(bytes, file, at);
      hash.update(bytes);
      at += bytes.length;
      return bytes;
    };
    if (!(await next(Buffer.alloc(MAGIC.length))).equals(MAGIC)) throw new Damage('it is no checkpoint');
    const headLength = (await next(Buffer.alloc(4))).readUInt32LE();
    if (headLength > end - at) throw new Damage('it is cut off');
    const { tensors: listed, ...head } = parse(await next(Buffer.alloc(headLength)));
    const tensors = new Map<string, Float32Array>();
    for (const [name, length] of listed) {
      if (!(4 * length <= end - at)) throw new Damage('it is cut off');
      const values = new Float32Array(length);
      await next(bytesOf(values));
      tensors.set(name, values);
    }
    const digest = Buffer.alloc(DIGEST_BYTES);
    await readInto(digest, file, end);
    if (at !== end || !hash.digest().equals(digest)) throw new Damage('its digest differs');
    return { head, tensors };
  } finally {
    await file.close();
  }
}

type StoredHead = CheckpointHead & { tensors: [name: string, length: number][] };

/** Not proven yet when it is read: only what the reading itself relies on is checked. */
function parse(json: Buffer): StoredHead {
  try {
    const head = JSON.parse(json.toString('utf8')) as StoredHead;
    if (head.tensors.every(([name, length]) => typeof name === 'string' && Number.isSafeInteger(length) && length >= 0)) return head;
  } catch {
    // Falls through: not JSON and not a list of tensors are one kind of damage.
  }
  throw new Damage('its head cannot be read');
}

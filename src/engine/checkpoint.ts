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
import { ServiceError } from '../contract/errors.js';
import type { Engine } from '../contract/job.js';
import { PUBLISHED_RUN, type FlatMetrics, type RunResult } from '../contract/run.js';
import { bytesOf, readInto } from '../store/array-file.js';
import type { BestState } from './best-epoch.js';
import type { CurvesState } from './curves.js';
import type { PlateauState } from './plateau.js';
import { AVERAGE } from './step-maps/average-name.js';
import { toOwnScale, type OutputScale } from './target-scale.js';

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
  /** How far the rate of the running stage has fallen; left out where it does not go by a metric. */
  plateau?: PlateauState | undefined;
  /** The last value of each metric of this run. */
  metrics: FlatMetrics;
  /** Its best epoch so far; left out where none is looked for. */
  best?: BestState | undefined;
  examplesSeen: number;
  /** Spent on this run so far. */
  seconds: number;
  /** Learning curves of all runs so far; left out by earlier versions. */
  curves?: CurvesState;
  /** Runs that are finished. */
  finished: readonly RunResult[];
  /** Where the run that goes on learns its values in another scale than the target's own: which layer gives them, and the scale. Finished runs are in the target's own. */
  output_scale?: OutputScale | undefined;
}

/** Values by name: `layer/weight`, `layer/weight/slot` of the optimizer, and `layer/weight/average`; weights of the run's best epoch under `best:`, of a finished main run under `main:`, and what that said of each test example under `said:`. */
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

/** Whose a checkpoint must be: of which job, and which of its checkpoints. */
export type Expected = Pick<CheckpointHead, 'spec_digest' | 'name'>;

export interface SavedRun {
  head: CheckpointHead;
  tensors: NamedTensors;
}

/**
 * Reads a checkpoint back. Lengths in it are held against the size of the file before anything is reserved for them; nothing of it
 * is given out before all of it has hashed to its digest.
 * @throws CHECKPOINT_CORRUPT, saying what is wrong with it
 */
export const readCheckpoint = (folder: string, expected: Expected): Promise<SavedRun> =>
  asCorrupt(expected.name, async () => belonging(await readWhole(join(folder, CHECKPOINT_FILE), () => true), expected));

/** What a checkpoint is, without most of its numbers. */
export interface InspectedCheckpoint {
  head: CheckpointHead;
  /** Where in the file each tensor lies, in bytes. */
  places: ReadonlyMap<string, Place>;
  /** The few that are held after all: those of the output layer where it is in the scale of training. */
  tensors: NamedTensors;
  sha256: string;
}
export interface Place {
  from: number;
  bytes: number;
}

/** Reads all of a checkpoint and holds next to none of its numbers: proves it like `readCheckpoint`. @throws CHECKPOINT_CORRUPT */
export const inspectCheckpoint = (folder: string, expected: Expected): Promise<InspectedCheckpoint> =>
  asCorrupt(expected.name, async () => belonging(await readWhole(join(folder, CHECKPOINT_FILE), isInTraining), expected));

/** Weights of a finished main run lie beside those of the run that goes on, under this. */
export const FINISHED = 'main:';
/** What a finished main run said of each test example, by column: it is not measured again. */
export const SAID = 'said:';

/** Whether the run that becomes the model has ended. */
export const isMainFinished = ({ finished }: CheckpointHead): boolean => finished.some(({ run }) => run === PUBLISHED_RUN);

/** What comes before the names of the main run's weights. */
const mainPrefix = (head: CheckpointHead): string => (isMainFinished(head) ? FINISHED : '');

/** Names of what may be a weight of the main run as a model made of it would have it, the first that there is: of a run at work its average comes before the weight itself. */
export const mainNamesOf = (path: string, head: CheckpointHead): string[] => (mainPrefix(head) === '' ? [`${path}${AVERAGE}`, path] : [`${FINISHED}${path}`]);

/** The path of the weight that the tensor is, or is the average of; undefined for what is none of the main run's. */
function mainPathOf(name: string, head: CheckpointHead): string | undefined {
  const prefix = mainPrefix(head);
  if (!name.startsWith(prefix)) return undefined;
  return prefix === '' && name.endsWith(AVERAGE) ? name.slice(0, -AVERAGE.length) : name.slice(prefix.length);
}

/** The scale that the main run's output layer is in; undefined where that is the target's own. */
const mainScale = (head: CheckpointHead): OutputScale | undefined => (mainPrefix(head) === '' ? head.output_scale : undefined);
const isInTraining = (name: string, head: CheckpointHead): boolean => outputPaths(mainScale(head)).includes(mainPathOf(name, head) ?? '');
const outputPaths = (scale: OutputScale | undefined): string[] => (scale ? [`${scale.layer}/kernel`, `${scale.layer}/bias`] : []);

/** Those of the tensors that are weights of the main run, by path, as a model made of them would have them: averages where there are some, and outputs in the target's own unit. */
export function mainWeights(head: CheckpointHead, tensors: NamedTensors): NamedTensors {
  const paths = new Set([...tensors.keys()].flatMap((name) => mainPathOf(name, head) ?? []));
  const weights = new Map([...paths].map((path) => [path, mainNamesOf(path, head).map((name) => tensors.get(name)).find((values) => values !== undefined)!]));
  const scale = mainScale(head);
  return scale && outputPaths(scale).every((path) => weights.has(path)) ? toOwnScale(weights, scale.layer, scale) : weights;
}

/**
 * Weights of the main run that a transfer starts from, as a model would have them, and nothing else of the file.
 * @param paths which of them
 * @param expected the digest that the file must have, and its name, for the error
 * @throws CHECKPOINT_CORRUPT
 */
export const readMainWeights = (path: string, paths: ReadonlySet<string>, expected: { sha256: string; name: string }): Promise<NamedTensors> =>
  asCorrupt(expected.name, async () => {
    const wanted = (name: string, head: CheckpointHead): boolean => paths.has(mainPathOf(name, head) ?? '');
    const { head, tensors, sha256 } = await readWhole(path, wanted);
    if (sha256 !== expected.sha256) throw new Damage('it is another one');
    return mainWeights(head, tensors);
  });

/** What is wrong with a file. */
class Damage extends Error {}

async function asCorrupt<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (problem) {
    const why = problem instanceof Damage ? problem.message : (problem as NodeJS.ErrnoException).code;
    if (why === undefined) throw problem;
    throw Object.assign(ServiceError.of('CHECKPOINT_CORRUPT', name, why), { cause: problem });
  }
}

/** Whole and untouched, but perhaps another's. */
function belonging<R extends { head: CheckpointHead }>(read: R, expected: Expected): R {
  if (read.head.spec_digest !== expected.spec_digest) throw new Damage('it belongs to another job');
  if (read.head.name !== expected.name) throw new Damage(`it is checkpoint ${read.head.name}`);
  return read;
}

/** What is read and not kept is read in pieces of this many bytes. */
const PIECE_BYTES = 2 ** 20;

/** @param keeps which tensors are held in memory */
async function readWhole(path: string, keeps: (name: string, head: CheckpointHead) => boolean): Promise<InspectedCheckpoint> {
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
    const piece = Buffer.alloc(PIECE_BYTES);
    const pass = async (bytes: number): Promise<void> => {
      for (let left = bytes; left > 0; left -= PIECE_BYTES) await next(piece.subarray(0, Math.min(left, PIECE_BYTES)));
    };
    if (!(await next(Buffer.alloc(MAGIC.length))).equals(MAGIC)) throw new Damage('it is no checkpoint');
    const headLength = (await next(Buffer.alloc(4))).readUInt32LE();
    if (headLength > end - at) throw new Damage('it is cut off');
    const { tensors: listed, ...head } = parse(await next(Buffer.alloc(headLength)));
    const tensors = new Map<string, Float32Array>();
    const places = new Map<string, Place>();
    for (const [name, length] of listed) {
      const bytes = 4 * length;
      if (!(bytes <= end - at)) throw new Damage('it is cut off');
      places.set(name, { from: at, bytes });
      if (keeps(name, head)) {
        const values = new Float32Array(length);
        await next(bytesOf(values));
        tensors.set(name, values);
      } else {
        await pass(bytes);
      }
    }
    const digest = Buffer.alloc(DIGEST_BYTES);
    await readInto(digest, file, end);
    if (at !== end || !hash.digest().equals(digest)) throw new Damage('its digest differs');
    return { head, tensors, places, sha256: digest.toString('hex') };
  } finally {
    await file.close();
  }
}

type StoredHead = CheckpointHead & { tensors: [name: string, length: number][] };

/** Not proven yet when it is read: only what the reading itself relies on is checked. */
function parse(json: Buffer): StoredHead {
  try {
    const head = JSON.parse(json.toString('utf8')) as StoredHead;
    const sound = head.tensors.every(([name, length]) => typeof name === 'string' && Number.isSafeInteger(length) && length >= 0);
    if (sound && Array.isArray(head.finished)) return head;
  } catch {
    // Falls through: not JSON and not a list of tensors are one kind of damage.
  }
  throw new Damage('its head cannot be read');
}

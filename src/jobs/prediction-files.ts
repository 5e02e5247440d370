// What the published model said of each test example, or the measured one of those it was measured on, as it is stored: written by the child, once,
// beside the result.
//   jobs/<id>/attempts/<n>/predictions/predictions.json   how many there are, and of how many values each
//   jobs/<id>/attempts/<n>/predictions/by-index.bin       a record for each example, in the order of their part
//   jobs/<id>/attempts/<n>/predictions/by-loss.bin        the same, the greatest loss first
// A record is words of four bytes, little-endian: where the example stands in the other file, its loss, and
//   of a classifier   its class, the predicted class, the probability of that (NaN where there is none)
//   of values         each value, and the error of its prediction
// Both orders are written, so that a page of either, narrowed or not, is read as it lies.
import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PREDICTION_ORDERS, type PredictionOrder } from '../contract/example-prediction.js';
import { REPORT_ONLY } from '../contract/job.js';
import { isWhole, type FileDigest } from '../store/file-digest.js';
import { encodeRecord, readOrRemove, recordKind } from '../store/records.js';
import type { Store } from '../store/store.js';
import { attemptsPrefix, type AcceptedJob } from './records.js';

export interface PredictionsHead {
  examples: number;
  /** How many values the target has; 0 of a classifier. */
  outputs: number;
  /** What each order's file must hold. */
  files: Readonly<Record<PredictionOrder, FileDigest>>;
}
const HEAD_FILE = 'predictions.json';
export const ORDER_FILES: Readonly<Record<PredictionOrder, string>> = { index: 'by-index.bin', loss: 'by-loss.bin' };

/** Whether a job says something of each example: what its model, or the one that it measured, makes of it. */
export const tellsOfExamples = ({ type }: Pick<AcceptedJob, 'type'>): boolean => type === 'evaluate' || !REPORT_ONLY.includes(type);

/** @param attempt the one by which the job ended */
export const predictionsPrefix = (job: string, attempt: number): string => `${attemptsPrefix(job)}/${attempt}/predictions`;
export const PREDICTIONS_HEAD = (attempt: number) => recordKind<PredictionsHead>('predictions', 1, (job) => `${predictionsPrefix(job, attempt)}/${HEAD_FILE}`);

const WORD_BYTES = 4;
/** Words of a record, by what they are. */
const PLACE = 0;
const LOSS = 1;
const TRUE = 2;
const PREDICTED = 3;
const PROBABILITY = 4;
/** The value of an output; its error follows. */
const valueAt = (output: number): number => 2 + 2 * output;

/** How many records there are, and of what. */
type PredictionsForm = Omit<PredictionsHead, 'files'>;
type RecordForm = Pick<PredictionsForm, 'outputs'>;

const wordsOf = ({ outputs }: RecordForm): number => (outputs === 0 ? PROBABILITY + 1 : valueAt(outputs));
export const recordBytes = (form: RecordForm): number => WORD_BYTES * wordsOf(form);

/** What is written of all examples. */
export interface SaidOfExamples {
  /** Class of each; or its values, row by row. */
  truth: Int32Array | Float32Array;
  /** A number for each example: `loss`; of a classifier `predicted` and perhaps `probability`, of values `error 0`, `error 1`, and so on. */
  said: ReadonlyMap<string, Float32Array>;
}

/** Writes all files into a folder that is sealed later. */
export async function writePredictions(folder: string, attempt: number, { truth, said }: SaidOfExamples): Promise<void> {
  const loss = said.get('loss')!;
  const examples = loss.length;
  const form: PredictionsForm = { examples, outputs: truth instanceof Int32Array ? 0 : truth.length / examples };
  const writer = recordWriter(form, { truth, said });
  const byLoss = greatestFirst(loss);
  const rank = new Uint32Array(examples);
  byLoss.forEach((index, at) => (rank[index] = at));
  const index = await writeRecords(join(folder, ORDER_FILES.index), form, (view, offset, at) => writer(view, offset, at, rank[at]!));
  const ofLoss = await writeRecords(join(folder, ORDER_FILES.loss), form, (view, offset, at) => writer(view, offset, byLoss[at]!, byLoss[at]!));
  const head: PredictionsHead = { ...form, files: { index, loss: ofLoss } };
  await writeFile(join(folder, HEAD_FILE), encodeRecord(PREDICTIONS_HEAD(attempt), head), { flag: 'wx', mode: 0o600 });
}

/** Of equal losses the first example comes first; one that is no number counts as the greatest. */
export function greatestFirst(loss: Float32Array): Uint32Array {
  const sizeOf = (index: number): number => (Number.isNaN(loss[index]) ? Infinity : loss[index]!);
  return Uint32Array.from(loss, (_, index) => index).sort((one, other) => {
    const [a, b] = [sizeOf(one), sizeOf(other)];
    return a === b ? one - other : b > a ? 1 : -1;
  });
}

type WriteRecord = (view: DataView, offset: number, index: number, place: number) => void;

function recordWriter({ outputs }: PredictionsForm, { truth, said }: SaidOfExamples): WriteRecord {
  const [loss, predicted, probability] = [said.get('loss')!, said.get('predicted'), said.get('probability')];
  const errors = Array.from({ length: outputs }, (_, output) => said.get(`error ${output}`)!);
  return (view, offset, index, place) => {
    const at = (word: number): number => offset + WORD_BYTES * word;
    view.setUint32(at(PLACE), place, true);
    view.setFloat32(at(LOSS), loss[index]!, true);
    if (predicted) {
      view.setUint32(at(TRUE), truth[index]!, true);
      view.setUint32(at(PREDICTED), predicted[index]!, true);
      view.setFloat32(at(PROBABILITY), probability?.[index] ?? NaN, true);
    }
    for (const [output, error] of errors.entries()) {
      view.setFloat32(at(valueAt(output)), truth[index * outputs + output]!, true);
      view.setFloat32(at(valueAt(output) + 1), error[index]!, true);
    }
  };
}

/** Records that are put together before they are written. */
const RECORDS_AT_ONCE = 4096;

/** @param write puts the record at a place of the order into the bytes from the offset on */
async function writeRecords(path: string, form: PredictionsForm, write: (view: DataView, offset: number, at: number) => void): Promise<FileDigest> {
  const bytes = recordBytes(form);
  const buffer = new Uint8Array(bytes * Math.min(RECORDS_AT_ONCE, form.examples));
  const view = new DataView(buffer.buffer);
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    for (let from = 0; from < form.examples; from += RECORDS_AT_ONCE) {
      const count = Math.min(RECORDS_AT_ONCE, form.examples - from);
      for (let record = 0; record < count; record += 1) write(view, record * bytes, from + record);
      const piece = buffer.subarray(0, count * bytes);
      hash.update(piece);
      await file.writeFile(piece);
    }
    return { size_bytes: form.examples * bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

/** Whether all of them is there as it was written; reads all of it. Those of an attempt that wrote none are not. */
export async function arePredictionsWhole(store: Store, job: string, attempt: number): Promise<boolean> {
  const head = await readOrRemove(store, PREDICTIONS_HEAD(attempt), job);
  if (!head) return false;
  const folder = await store.localFolder(predictionsPrefix(job, attempt));
  for (const order of PREDICTION_ORDERS) if (!(await isWhole(join(folder, ORDER_FILES[order]), head.files[order]))) return false;
  return true;
}

/** Reads what records say, as they lie one after another. */
export class RecordReader {
  private readonly view: DataView;
  private readonly bytes: number;

  constructor(records: Uint8Array, form: RecordForm) {
    this.view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    this.bytes = recordBytes(form);
  }

  /** Where the example stands in the other order: of the order by loss its index, of that by index its rank. */
  place = (record: number): number => this.whole(record, PLACE);
  loss = (record: number): number => this.number(record, LOSS);
  trueClass = (record: number): number => this.whole(record, TRUE);
  predictedClass = (record: number): number => this.whole(record, PREDICTED);
  probability = (record: number): number => this.number(record, PROBABILITY);
  value = (record: number, output: number): number => this.number(record, valueAt(output));
  error = (record: number, output: number): number => this.number(record, valueAt(output) + 1);

  private whole = (record: number, word: number): number => this.view.getUint32(record * this.bytes + WORD_BYTES * word, true);
  private number = (record: number, word: number): number => this.view.getFloat32(record * this.bytes + WORD_BYTES * word, true);
}

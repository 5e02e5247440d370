// What the published model said of each test example, as it is stored: written by the child, once, beside the result.
//   jobs/<id>/attempts/<n>/predictions/predictions.json   how many there are, and of how many values each
//   jobs/<id>/attempts/<n>/predictions/by-index.bin       a record for each example, in the order of their part
//   jobs/<id>/attempts/<n>/predictions/by-loss.bin        the same, the greatest loss first
// A record is words of four bytes, little-endian: where the example stands in the other file, its loss, and
//   of a classifier   its class, the predicted class, the probability of that (NaN where there is none)
//   of values         each value, and the error of its prediction
// Both orders are written, so that a page of either, narrowed or not, is read as it lies.
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeRecord, recordKind } from '../store/records.js';
import { attemptsPrefix } from './records.js';

export interface PredictionsHead {
  examples: number;
  /** How many values the target has; 0 of a classifier. */
  outputs: number;
}
const HEAD_FILE = 'predictions.json';
export const ORDER_FILES = { index: 'by-index.bin', loss: 'by-loss.bin' } as const;

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

const wordsOf = ({ outputs }: PredictionsHead): number => (outputs === 0 ? PROBABILITY + 1 : valueAt(outputs));
export const recordBytes = (head: PredictionsHead): number => WORD_BYTES * wordsOf(head);

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
  const head: PredictionsHead = { examples, outputs: truth instanceof Int32Array ? 0 : truth.length / examples };
  const writer = recordWriter(head, { truth, said });
  const byLoss = greatestFirst(loss);
  const rank = new Uint32Array(examples);
  byLoss.forEach((index, at) => (rank[index] = at));
  await writeRecords(join(folder, ORDER_FILES.index), head, (view, offset, at) => writer(view, offset, at, rank[at]!));
  await writeRecords(join(folder, ORDER_FILES.loss), head, (view, offset, at) => writer(view, offset, byLoss[at]!, byLoss[at]!));
  await writeFile(join(folder, HEAD_FILE), encodeRecord(PREDICTIONS_HEAD(attempt), head), { flag: 'wx', mode: 0o600 });
}

/** Of equal losses the first example comes first; one that is no number counts as the greatest. */
function greatestFirst(loss: Float32Array): Uint32Array {
  const sizeOf = (index: number): number => (Number.isNaN(loss[index]) ? Infinity : loss[index]!);
  return Uint32Array.from(loss, (_, index) => index).sort((one, other) => {
    const [a, b] = [sizeOf(one), sizeOf(other)];
    return a === b ? one - other : b > a ? 1 : -1;
  });
}

type WriteRecord = (view: DataView, offset: number, index: number, place: number) => void;

function recordWriter({ outputs }: PredictionsHead, { truth, said }: SaidOfExamples): WriteRecord {
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
async function writeRecords(path: string, head: PredictionsHead, write: (view: DataView, offset: number, at: number) => void): Promise<void> {
  const bytes = recordBytes(head);
  const buffer = new Uint8Array(bytes * Math.min(RECORDS_AT_ONCE, head.examples));
  const view = new DataView(buffer.buffer);
  const file = await open(path, 'wx', 0o600);
  try {
    for (let from = 0; from < head.examples; from += RECORDS_AT_ONCE) {
      const count = Math.min(RECORDS_AT_ONCE, head.examples - from);
      for (let record = 0; record < count; record += 1) write(view, record * bytes, from + record);
      await file.writeFile(buffer.subarray(0, count * bytes));
    }
  } finally {
    await file.close();
  }
}

/** Reads what records say, as they lie one after another. */
export class RecordReader {
  private readonly view: DataView;
  private readonly bytes: number;

  constructor(records: Uint8Array, head: PredictionsHead) {
    this.view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    this.bytes = recordBytes(head);
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

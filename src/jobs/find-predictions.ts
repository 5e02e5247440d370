// What the published model of a job said of the test examples, or the one that it measured of those it was measured on, looked up: a page of either order, narrowed to a cell of the confusion matrix.
import { ServiceError } from '../contract/errors.js';
import { MEASURED_PART, type ExamplePrediction, type PredictionOrder } from '../contract/example-prediction.js';
import type { JobSpec } from '../contract/job.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import type { MeasuredPart } from '../contract/untrained-specs.js';
import type { PartName } from '../contract/parts.js';
import { readRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { ORDER_FILES, PREDICTIONS_HEAD, predictionsPrefix, recordBytes, RecordReader, tellsOfExamples, type PredictionsHead } from './prediction-files.js';
import type { StoredJob } from './query.js';

export interface PredictionsQuery {
  sort: PredictionOrder;
  limit: number;
  /** Index of the last example of the page before. */
  after?: number | undefined;
  /** Names of classes. */
  true?: string | undefined;
  predicted?: string | undefined;
}

/**
 * One more than the limit where there are more.
 * @throws NO_ARTIFACTS_YET unless the job has succeeded, NO_PREDICTIONS, CLASS_UNKNOWN, INVALID_VALUE
 */
export async function readPredictions(store: Store, { job, status, outcome }: StoredJob, query: PredictionsQuery): Promise<ExamplePrediction[]> {
  if (!tellsOfExamples(job)) throw ServiceError.of('NO_PREDICTIONS', job.id, 'it makes no model');
  if (status !== 'succeeded' || !outcome) throw ServiceError.of('NO_ARTIFACTS_YET', status);
  const subject = subjectOf(job.spec);
  const fits = fitting(subject, query);
  const head = await readRecord(store, PREDICTIONS_HEAD(outcome.attempt), job.id);
  if (!head) throw ServiceError.of('NO_PREDICTIONS', job.id, 'an earlier version made it, or it came with a copy of the store that lacks them');
  const files = new PredictionFiles(store, predictionsPrefix(job.id, outcome.attempt), head);
  const found: ExamplePrediction[] = [];
  for await (const { first, reader, count } of files.stretches(query.sort, await files.placeAfter(query))) {
    for (let at = 0; at < count && found.length <= query.limit; at += 1) {
      if (fits(reader, at)) found.push(shownPrediction(subject, query.sort === 'index' ? first + at : reader.place(at), reader, at));
    }
    if (found.length > query.limit) break;
  }
  return found;
}

/** What is said of examples is about: which they are, and what the numbers mean. */
export interface Subject {
  dataset: string;
  /** Parts whose examples lie one after the other. */
  parts: readonly MeasuredPart[];
  /** Classes, or names of values. */
  names: readonly string[];
  tellsValues: boolean;
}

export function subjectOf(spec: JobSpec): Subject {
  if (spec.type === 'evaluate') return { dataset: spec.dataset, parts: spec.parts, names: spec.model.labels, tellsValues: spec.task === 'regression' };
  const { dataset, class_names: classes, target } = spec as ResolvedSpec;
  return { dataset, parts: [{ part: MEASURED_PART, examples: Infinity }], names: target?.names ?? classes, tellsValues: target !== undefined };
}

/** @param at the place among the examples of all parts */
function placeIn({ parts }: Subject, at: number): { part: PartName; index: number } {
  let index = at;
  for (const { part, examples } of parts) {
    if (index < examples) return { part, index };
    index -= examples;
  }
  throw new RangeError(`There is no example ${at}.`);
}

/** Whether a record is in the cell that is wanted. @throws CLASS_UNKNOWN, INVALID_VALUE */
function fitting({ names, tellsValues }: Subject, wanted: PredictionsQuery): (reader: RecordReader, at: number) => boolean {
  const placeOf = (field: 'true' | 'predicted'): number | undefined => {
    const name = wanted[field];
    if (name === undefined) return undefined;
    if (tellsValues) throw ServiceError.of('INVALID_VALUE', 'must be left out of a job whose target is values').at(`/${field}`);
    const place = names.indexOf(name);
    if (place < 0) throw ServiceError.of('CLASS_UNKNOWN', name, names.join(', ')).at(`/${field}`);
    return place;
  };
  const [ofTrue, ofPredicted] = [placeOf('true'), placeOf('predicted')];
  return (reader, at) => (ofTrue === undefined || reader.trueClass(at) === ofTrue) && (ofPredicted === undefined || reader.predictedClass(at) === ofPredicted);
}

/** JSON has no word for what is not finite. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** @param index the place among all examples that the job said something of */
export function shownPrediction(subject: Subject, index: number, reader: Pick<RecordReader, 'loss' | 'trueClass' | 'predictedClass' | 'probability' | 'value' | 'error'>, at: number): ExamplePrediction {
  const { dataset, names, tellsValues } = subject;
  const place = { id: String(index), object: 'example_prediction' as const, dataset, ...placeIn(subject, index) };
  const loss = finite(reader.loss(at));
  if (!tellsValues) return { ...place, true: names[reader.trueClass(at)]!, predicted: names[reader.predictedClass(at)]!, probability: finite(reader.probability(at)), loss };
  const values = names.map((_, output) => ({ value: reader.value(at, output), error: reader.error(at, output) }));
  // The sum as the network's own type has it, without digits that it does not know.
  const predicted = values.map(({ value, error }) => finite(Math.fround(value + error)));
  return { ...place, true: values.map(({ value }) => finite(value)), predicted, error: values.map(({ error }) => finite(error)), loss };
}

/** Records that lie one after another. */
interface Stretch {
  /** Where the first of them stands in its order. */
  first: number;
  count: number;
  reader: RecordReader;
}

class PredictionFiles {
  constructor(private readonly store: Store, private readonly prefix: string, private readonly head: PredictionsHead) {}

  /** Where a page begins. @throws INVALID_VALUE for an example that there is not */
  async placeAfter({ sort, after }: PredictionsQuery): Promise<number> {
    if (after === undefined) return 0;
    if (after >= this.head.examples) throw ServiceError.of('INVALID_VALUE', `must be the index of one of ${this.head.examples} examples, counted from 0`).at('/after');
    if (sort === 'index') return after + 1;
    for await (const { reader } of this.stretches('index', after, after)) return reader.place(0) + 1;
    throw this.corrupt();
  }

  /** All records of an order from a place to a place, some at a time. @throws STORE_CORRUPT */
  async *stretches(order: PredictionOrder, from: number, to = this.head.examples - 1): AsyncGenerator<Stretch> {
    const key = `${this.prefix}/${ORDER_FILES[order]}`;
    const bytesOfOne = recordBytes(this.head);
    if ((await this.store.sizeOf(key)) !== this.head.files[order].size_bytes) throw this.corrupt();
    if (from > to) return;
    let first = from;
    let left = Buffer.alloc(0);
    for await (const piece of this.store.open(key, { start: from * bytesOfOne, end: (to + 1) * bytesOfOne - 1 })) {
      const bytes = Buffer.concat([left, piece as Buffer]);
      const count = Math.floor(bytes.length / bytesOfOne);
      if (count > 0) yield { first, count, reader: new RecordReader(bytes, this.head) };
      first += count;
      left = bytes.subarray(count * bytesOfOne);
    }
  }

  private corrupt(): ServiceError {
    return ServiceError.of('STORE_CORRUPT', `predictions in ${this.prefix}`);
  }
}

// The table that steps take their rows from: in a recorded graph, or in JavaScript's memory for steps that are taken plainly.
import { volume } from '../contract/shape.js';
import { roomFor, type RowType, type RowValues } from '../datasets/rows.js';
import type { LoopGraph } from './capture/loop-spec.js';
import type { Replay } from './capture/replay.js';
import type { Examples } from './examples.js';
import { bytesTensor } from './native-backend.js';
import type { Tensor, TensorFlow } from './native.js';
import { chosenOf, columnTensor, eachColumn, type GivenTargets } from './targets.js';

export interface Table {
  readonly rows: number;
  /** Puts rows, with the targets of their examples, into places of the table. `values` may be used for something else afterwards. */
  write(places: Uint32Array, values: RowValues, examples: Uint32Array): void;
}

/** Bytes that go into the graph at once: they lie in memory once more on the way. */
const UPLOAD_BYTES = 2 ** 23;

export class GraphTable implements Table {
  constructor(private readonly tf: TensorFlow, private readonly replay: Replay, private readonly of: Examples, readonly rows: number) {}

  /** What a graph must declare for it: its tables, and the inputs of the program they feed. */
  static declared({ rows: { dtype, shape }, divideBy, targets }: Examples, rows: number) {
    const tables: LoopGraph['tables'] = {
      inputs: { dtype, shape: [rows, ...shape], divideBy },
      ...eachColumn(targets, (column) => ({ dtype: column.dtype, shape: [rows, ...column.shape] })),
    };
    const fromTable = (table: string) => ({ from: 'table', table }) as const;
    return { tables, feeds: { inputs: fromTable('inputs'), ...eachColumn(targets, (_, name) => fromTable(name)) } };
  }

  write(places: Uint32Array, values: RowValues, examples: Uint32Array): void {
    const { tf, of } = this;
    const { shape } = of.rows;
    const width = volume(shape);
    const most = Math.max(1, Math.floor(UPLOAD_BYTES / (width * values.BYTES_PER_ELEMENT)));
    for (let from = 0; from < places.length; from += most) {
      const to = Math.min(from + most, places.length);
      const some = values.subarray(from * width, to * width);
      const tensors = {
        inputs: some instanceof Uint8Array ? bytesTensor(tf, some, [to - from, ...shape]) : tf.tensor(some, [to - from, ...shape], 'float32'),
        ...targetsOf(tf, of, examples.subarray(from, to)),
      };
      this.replay.writeRows(Int32Array.from(places.subarray(from, to)), tensors);
      tf.dispose(tensors);
    }
  }
}

const targetsOf = (tf: TensorFlow, { targets }: Examples, examples: Uint32Array): GivenTargets =>
  eachColumn(targets, (column) => columnTensor(tf, chosenOf(column, examples)));

export class HostTable implements Table {
  private readonly values: RowValues;
  private readonly examples: Uint32Array;
  private readonly prepare: Prepare;

  constructor(private readonly tf: TensorFlow, private readonly of: Examples, readonly rows: number) {
    this.values = roomFor(of.rows, rows);
    this.examples = new Uint32Array(rows);
    this.prepare = preparing(of.rows.dtype, of.divideBy);
  }

  write(places: Uint32Array, values: RowValues, examples: Uint32Array): void {
    const width = volume(this.of.rows.shape);
    places.forEach((place, at) => {
      this.values.set(values.subarray(at * width, (at + 1) * width), place * width);
      this.examples[place] = examples[at]!;
    });
  }

  /** The rows of these places as float32 [places, …shape], ready for the network. */
  inputs(places: Uint32Array): Tensor {
    const { tf, of, values, prepare } = this;
    const width = volume(of.rows.shape);
    const floats = new Float32Array(places.length * width);
    places.forEach((place, at) => prepare(values.subarray(place * width, (place + 1) * width), floats, at * width));
    return tf.tensor(floats, [places.length, ...of.rows.shape], 'float32');
  }

  targets(places: Uint32Array): GivenTargets {
    return targetsOf(this.tf, this.of, places.map((place) => this.examples[place]!));
  }
}

/** Writes values as the network takes them, from a place on. */
export type Prepare = (values: RowValues, floats: Float32Array, at: number) => void;

/** Bytes become numbers by dividing them by each of these in turn; floats are as they are. */
export function preparing(dtype: RowType, divideBy: readonly number[]): Prepare {
  if (dtype === 'float32') return (values, floats, at) => floats.set(values, at);
  // Bytes have 256 results.
  const prepared = preparedBytes(divideBy);
  return (values, floats, at) => {
    for (let from = 0; from < values.length; from += 1) floats[at + from] = prepared[values[from]!]!;
  };
}

/** Each division is rounded to float32, as TensorFlow does it. */
const preparedBytes = (divideBy: readonly number[]): Float32Array =>
  Float32Array.from({ length: 256 }, (_, byte) => divideBy.reduce((value, divisor) => Math.fround(value / Math.fround(divisor)), byte));

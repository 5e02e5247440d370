// A network over examples, in order and without training: recorded once, then replayed over many rows a call. Rows go in by
// chunks, so that a set larger than memory would do, too.
import { trace } from '../models/architecture.js';
import { volume } from '../models/layer-rules.js';
import { CaptureError } from './capture/capture-error.js';
import { record } from './capture/record.js';
import { Replay } from './capture/replay.js';
import { batches, inOrder, rowsBetween, type Examples } from './examples.js';
import { bytesTensor } from './native-backend.js';
import type { Tensor, TensorFlow } from './native.js';
import type { Network } from './network.js';
import { chosenOf, columnTensor, eachColumn, partOf, zeroTargets, type GivenTargets } from './targets.js';

/** What is wanted of a batch: float32 results, by name. */
export type Compute = (inputs: Tensor, targets: GivenTargets) => Readonly<Record<string, Tensor>>;

export interface ForwardPass {
  /** Examples in each batch but the last. */
  readonly batchSize: number;
  /** The results of one batch after the other, by the weights as they are now. */
  run(): Float32Array;
  dispose(): void;
}

const MOST_ROWS = 500;
/** A batch is made smaller where one layer's output would pass this many numbers (64 MiB). */
const MOST_ACTIVATIONS = 2 ** 24;
/** Bytes of rows that lie in the graph at once. */
const CHUNK_BYTES = 2 ** 26;
/** Recording and loading cost about as much as this many batches taken plainly (docs/decisions.md, "Evaluation in the graph"). */
const REPLAY_FROM_BATCHES = 12;

/**
 * Opens the pass; its variables are those of the network, read anew in each run. Dispose it after use.
 * @param runs how often it will run: a pass over little, run once, is not worth recording
 */
export function openForwardPass(tf: TensorFlow, network: Network, examples: Examples, compute: Compute, runs = 1): ForwardPass {
  const widest = Math.max(...trace(network.architecture).map(({ output }) => volume(output)));
  const batchSize = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_ACTIVATIONS / widest)));
  if (runs * Math.ceil(examples.count / batchSize) < REPLAY_FROM_BATCHES) return plainPass(tf, examples, compute, batchSize);
  try {
    return replayedPass(tf, network, examples, compute, batchSize);
  } catch (problem) {
    if (problem instanceof CaptureError) return plainPass(tf, examples, compute, batchSize);
    throw problem;
  }
}

/** The plain way is the reference. */
export function plainPass(tf: TensorFlow, examples: Examples, compute: Compute, batchSize: number): ForwardPass {
  return {
    batchSize,
    run() {
      const results = [...batches(inOrder(examples.count), batchSize)].map((indices) =>
        tf.tidy(() => {
          const targets = eachColumn(examples.targets, (column) => columnTensor(tf, chosenOf(column, indices)));
          const values = Object.values(compute(examples.inputs(indices), targets));
          return tf.concat(values.map((value) => tf.reshape(value, [-1]))).dataSync() as Float32Array;
        }),
      );
      return joined(results);
    },
    dispose: () => undefined,
  };
}

const FULL = 'full';
const SHORT = 'short';

/** @throws CaptureError where the network cannot be recorded */
export function replayedPass(
  tf: TensorFlow,
  network: Network,
  examples: Examples,
  compute: Compute,
  batchSize: number,
  chunkBytes = CHUNK_BYTES,
): ForwardPass {
  const { rows, count } = examples;
  const rowBytes = volume(rows.shape) * (rows.dtype === 'uint8' ? 1 : 4);
  const batchesPerChunk = Math.max(1, Math.floor(chunkBytes / (rowBytes * batchSize)));
  const chunkRows = Math.min(count, batchesPerChunk * batchSize);
  const programOf = (size: number) => {
    const targets = zeroTargets(tf, examples.targets, size);
    const inputs = { inputs: tf.zeros([size, ...rows.shape]), ...targets };
    try {
      return record(tf, { inputs, variables: network.variables, run: () => tf.tidy(() => compute(inputs.inputs, targets)) });
    } finally {
      tf.dispose(Object.values(inputs));
    }
  };
  const feeds = { inputs: { from: 'table', table: 'inputs' }, ...eachColumn(examples.targets, (_, name) => ({ from: 'table', table: name }) as const) } as const;
  const loopOf = (size: number, mostSteps: number) => ({ program: programOf(size), rowsPerStep: size, feeds, mostSteps });
  const left = count % batchSize;
  const replay = Replay.load(tf, {
    variables: new Map([...network.variables].map(([name, { shape }]) => [name, { dtype: 'float32', shape }])),
    tables: {
      inputs: { dtype: rows.dtype, shape: [chunkRows, ...rows.shape], divideBy: rows.divideBy },
      ...eachColumn(examples.targets, ({ dtype, shape }) => ({ dtype, shape: [chunkRows, ...shape] })),
    },
    loops: {
      ...(count >= batchSize && { [FULL]: loopOf(batchSize, Math.floor(chunkRows / batchSize)) }),
      ...(left > 0 && { [SHORT]: loopOf(left, 1) }),
    },
  });

  const writeChunk = (from: number, to: number): void => {
    const values = padded(rowsBetween(examples, from, to), chunkRows * volume(rows.shape));
    const shape = [chunkRows, ...rows.shape];
    const inputs = values instanceof Uint8Array ? bytesTensor(tf, values, shape) : tf.tensor(values, shape, 'float32');
    const tables = { inputs, ...eachColumn(examples.targets, (column) => columnTensor(tf, partOf(column, from, to, chunkRows))) };
    for (const [name, table] of Object.entries(tables)) replay.writeTable(name, table);
    tf.dispose(Object.values(tables));
  };
  const take = (loop: string, from: number, to: number): Float32Array =>
    to > from ? replay.run(loop, { order: Int32Array.from({ length: to - from }, (_, at) => from + at), vectors: {} }) : new Float32Array(0);

  return {
    batchSize,
    run() {
      replay.writeVariables(network.variables);
      const results: Float32Array[] = [];
      for (let from = 0; from < count; from += chunkRows) {
        const size = Math.min(chunkRows, count - from);
        const whole = size - (size % batchSize);
        writeChunk(from, from + size);
        results.push(take(FULL, 0, whole), take(SHORT, whole, size));
      }
      return joined(results);
    },
    dispose: () => replay.dispose(),
  };
}

/** The last chunk may be shorter than the table; what stands behind it is not read. */
function padded<T extends Uint8Array | Float32Array>(values: T, length: number): T {
  if (values.length === length) return values;
  const longer = new (values.constructor as new (size: number) => T)(length);
  longer.set(values);
  return longer;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

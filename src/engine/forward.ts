// A network over examples, in order and without training: recorded once, then replayed over many rows a call, a window of
// the examples after the other.
import type { Architecture } from '../contract/layers.js';
import { trace } from '../models/architecture.js';
import { volume } from '../contract/shape.js';
import { CaptureError } from './capture/capture-error.js';
import { record } from './capture/record.js';
import { Replay } from './capture/replay.js';
import { batches, type Examples } from './examples.js';
import { Feed, rowsInOrder } from './feed.js';
import type { Tensor, TensorFlow } from './native.js';
import { joined } from './joined.js';
import type { Network } from './network.js';
import { GraphTable, HostTable } from './table.js';
import { zeroTargets, type GivenTargets } from './targets.js';
import { valuesOf } from './values.js';

/** What is wanted of a batch: float32 results, by name. */
export type Compute = (inputs: Tensor, targets: GivenTargets) => Readonly<Record<string, Tensor>>;

export interface ForwardPass {
  /** Examples in each batch but the last. */
  readonly batchSize: number;
  /** The results of one batch after the other, by the weights as they are now, some batches at a time. */
  results(): AsyncGenerator<Float32Array>;
  dispose(): void;
}

const MOST_ROWS = 500;
/** A batch is made smaller where one layer's output would pass this many numbers (64 MiB). */
const MOST_ACTIVATIONS = 2 ** 24;
/** Recording and loading cost about as much as this many batches taken plainly (docs/decisions/recorded-steps.md, "Evaluation in the graph"). */
const REPLAY_FROM_BATCHES = 12;

/**
 * Opens the pass; its variables are those of the network, read anew in each run. Dispose it after use.
 * @param how.runs how often it will run: a pass over little, run once, is not worth recording; default once
 * @param how.windowRows rows that lie in the graph at once, about, and whose results come together
 */
export function openForwardPass(tf: TensorFlow, network: Network, examples: Examples, compute: Compute, { runs = 1, windowRows }: { runs?: number; windowRows?: number } = {}): ForwardPass {
  const batchSize = batchSizeFor(network.architecture);
  if (runs * Math.ceil(examples.count / batchSize) < REPLAY_FROM_BATCHES) return plainPass(tf, examples, compute, batchSize, windowRows);
  try {
    return replayedPass(tf, network, examples, compute, batchSize, windowRows);
  } catch (problem) {
    if (problem instanceof CaptureError) return plainPass(tf, examples, compute, batchSize, windowRows);
    throw problem;
  }
}

/** Examples that are taken through the network at once. */
export function batchSizeFor(architecture: Architecture): number {
  const widest = Math.max(...trace(architecture).map(({ output }) => volume(output)));
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_ACTIVATIONS / widest)));
}

/** All results of a pass. @param onSome awaited after each call into TensorFlow, told how many numbers came of it; what it throws ends the work */
export async function allResults(pass: ForwardPass, onSome: (numbers: number) => Promise<void> = async () => undefined): Promise<Float32Array> {
  const results: Float32Array[] = [];
  for await (const some of pass.results()) {
    results.push(some);
    await onSome(some.length);
  }
  return joined(results);
}

/** The plain way is the reference. @param windowRows rows that lie in memory at once, about */
export function plainPass(tf: TensorFlow, examples: Examples, compute: Compute, batchSize: number, windowRows?: number): ForwardPass {
  const table = new HostTable(tf, examples, rowsInOrder(examples, batchSize, windowRows));
  const feed = new Feed(examples, table, batchSize);
  return {
    batchSize,
    async *results() {
      for await (const order of feed.inOrder()) {
        for (const places of batches(order, batchSize)) {
          yield valuesOf(tf, () => {
            const values = Object.values(compute(table.inputs(places), table.targets(places)));
            return tf.concat(values.map((value) => tf.reshape(value, [-1])));
          });
        }
      }
    },
    dispose: () => undefined,
  };
}

const FULL = 'full';
const SHORT = 'short';

/**
 * @param windowRows rows that lie in the graph at once, about
 * @throws CaptureError where the network cannot be recorded
 */
export function replayedPass(
  tf: TensorFlow,
  network: Network,
  examples: Examples,
  compute: Compute,
  batchSize: number,
  windowRows?: number,
): ForwardPass {
  const { rows, count } = examples;
  const tableRows = rowsInOrder(examples, batchSize, windowRows);
  const { tables, feeds } = GraphTable.declared(examples, tableRows);
  const programOf = (size: number) => {
    const inputs = tf.zeros([size, ...rows.shape]);
    const targets = zeroTargets(tf, examples.targets, size);
    try {
      return record(tf, { inputs: { inputs, ...targets }, variables: network.variables, run: () => tf.tidy(() => compute(inputs, targets)) });
    } finally {
      tf.dispose({ inputs, ...targets });
    }
  };
  const loopOf = (size: number, mostSteps: number) => ({ program: programOf(size), rowsPerStep: size, feeds, mostSteps });
  const left = count % batchSize;
  const replay = Replay.load(tf, {
    variables: new Map([...network.variables].map(([name, { shape }]) => [name, { dtype: 'float32', shape }])),
    tables,
    loops: {
      ...(count >= batchSize && { [FULL]: loopOf(batchSize, Math.ceil(tableRows / batchSize)) }),
      ...(left > 0 && { [SHORT]: loopOf(left, 1) }),
    },
  });
  const feed = new Feed(examples, new GraphTable(tf, replay, examples, tableRows), batchSize);
  const take = (loop: string, order: Uint32Array): Float32Array =>
    order.length > 0 ? replay.run(loop, { order: Int32Array.from(order), vectors: {} }) : new Float32Array(0);

  return {
    batchSize,
    async *results() {
      replay.writeVariables(network.variables);
      for await (const order of feed.inOrder()) {
        const whole = order.length - (order.length % batchSize);
        yield take(FULL, order.subarray(0, whole));
        yield take(SHORT, order.subarray(whole));
      }
    },
    dispose: () => replay.dispose(),
  };
}

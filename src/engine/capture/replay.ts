// A loaded loop graph: state set and read by name, steps run many at a call.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor, TensorFlow } from '../native.js';
import { CaptureError } from './capture-error.js';
import { buildLoopGraph } from './loop-graph.js';
import { clearing, nodes, resultWidth, type LoopGraph } from './loop-spec.js';
import { nativeBackend } from '../native-backend.js';
import { valuesOf } from '../values.js';

export interface Call {
  /** Rows of each step, step after step: steps × rowsPerStep indices. */
  order: Int32Array;
  /** One element a step for each input that is fed from a vector. */
  vectors: Readonly<Record<string, Float32Array | Int32Array>>;
}

/** @throws CaptureError graph_refused, for an operation of this library that a graph of its own cannot hold */
function loaded(tf: TensorFlow, folder: string): number {
  try {
    return nativeBackend(tf).loadSavedModelMetaGraph(folder, 'serve');
  } catch (problem) {
    throw new CaptureError('graph_refused', problem instanceof Error ? problem.message.split('\n')[0]! : String(problem));
  }
}

export class Replay {
  private constructor(
    private readonly tf: TensorFlow,
    private readonly model: number,
    private readonly spec: LoopGraph,
  ) {}

  /** Loads the graph. Variables hold nothing until they are written; tables hold zeros. */
  static load(tf: TensorFlow, spec: LoopGraph): Replay {
    const folder = mkdtempSync(join(tmpdir(), 'rootstock-graph-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), buildLoopGraph(spec).savedModel(), { mode: 0o600 });
      return new Replay(tf, loaded(tf, folder), spec).cleared();
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Sets variables, all in one call: TensorFlow prepares the graph anew for each set of names it is asked for. */
  writeVariables(values: ReadonlyMap<string, Tensor>): void {
    const feeds = [...values].map(([name, value]): [string, Tensor] => [nodes.initial(name), value]);
    if (feeds.length > 0) this.tf.dispose(this.call(feeds, [...values.keys()].map(nodes.initialized)));
  }

  /** Writes rows of tables, the same places of each. */
  writeRows(places: Int32Array, rows: Readonly<Record<string, Tensor>>): void {
    const { tf } = this;
    const at = tf.tensor1d(places, 'int32');
    const feeds = Object.entries(rows).map(([name, values]): [string, Tensor] => [nodes.rows(name), values]);
    tf.dispose([at, ...this.call([[nodes.places, at], ...feeds], Object.keys(rows).map(nodes.written))]);
  }

  /** The values of variables, as they are after the last call; the tensors belong to the caller. */
  readVariables(names: readonly string[]): Map<string, Tensor> {
    if (names.length === 0) return new Map();
    const tensors = this.call([], names.map(nodes.read));
    return new Map(names.map((name, at) => [name, tensors[at]!]));
  }

  /** Runs steps; the answer holds the results of one step after the other, each in the order of the program's outputs. */
  run(loop: string, { order, vectors }: Call): Float32Array {
    const { tf, spec } = this;
    const { rowsPerStep, program, mostSteps } = spec.loops[loop]!;
    const steps = order.length / rowsPerStep;
    if (!Number.isInteger(steps) || steps > mostSteps) throw new RangeError(`${order.length} rows are no whole number of steps up to ${mostSteps}`);
    const results = valuesOf(tf, () => {
      const feeds: [string, Tensor][] = [
        [nodes.steps(loop), tf.scalar(steps, 'int32')],
        [nodes.order(loop), tf.tensor2d(order, [steps, rowsPerStep], 'int32')],
        ...Object.entries(vectors).map(([input, values]): [string, Tensor] => [
          nodes.vector(loop, input),
          tf.tensor1d(values, values instanceof Float32Array ? 'float32' : 'int32'),
        ]),
      ];
      return this.call(feeds, [nodes.results(loop)])[0]!;
    });
    return results.slice(0, steps * resultWidth(program));
  }

  /** Gives the graph and all it holds back. */
  dispose(): void {
    nativeBackend(this.tf).deleteSavedModel(this.model);
  }

  /** What is written row by row needs a value before its first row. */
  private cleared(): this {
    this.tf.dispose(this.call([], clearing(this.spec)));
    return this;
  }

  private call(feeds: readonly [string, Tensor][], fetch: readonly string[]): Tensor[] {
    const names = feeds.map(([name]) => ({ name: `${name}:0`, dtype: '' }));
    return nativeBackend(this.tf).runSavedModel(this.model, feeds.map(([, tensor]) => tensor), names, fetch.map((name) => `${name}:0`));
  }
}

// How the steps of a stage are taken: plainly, one after the other, or recorded once and replayed, many at a call. Both take
// the same step and end in the same state; the plain way is the reference.
import { batches, type Examples } from './examples.js';
import { CaptureError } from './capture/capture-error.js';
import type { LoopGraph } from './capture/loop-spec.js';
import { record } from './capture/record.js';
import { Replay } from './capture/replay.js';
import { rowsToShuffle } from './feed.js';
import { joined } from './joined.js';
import type { Tensor, TensorFlow, Variable } from './native.js';
import { GraphTable, HostTable, type Table } from './table.js';
import { zeroTargets } from './targets.js';
import { trainStep, type Learning, type StepMeasures } from './train-step.js';
import { valuesOf } from './values.js';

export interface Steps {
  /** The rows that steps are taken from. */
  readonly table: Table;
  /**
   * One step for each batch of these rows of the table, the last one shorter where they do not divide; what each measured, in the objective's order.
   * @param learningRates of each group of variables, the rate of each step
   */
  take(order: Uint32Array, firstStep: number, learningRates: readonly Float32Array[]): Float32Array;
  /** Brings the variables of the network and the optimizer up to date. */
  sync(): void;
  dispose(): void;
}

export interface StageToTrain extends Learning {
  examples: Examples;
  batchSize: number;
}

/** The plain way: tfjs runs the step's hundred operations one by one. */
export function plainSteps(tf: TensorFlow, stage: StageToTrain): Steps {
  const { groups, optimizer, examples, batchSize } = stage;
  groups.forEach((group) => optimizer.prepare(group));
  const table = new HostTable(tf, examples, rowsToShuffle(examples, batchSize));
  return {
    table,
    take(order, firstStep, learningRates) {
      const takeOne = (places: Uint32Array, index: number): Tensor[] => {
        const rates = learningRates.map((ofSteps) => tf.scalar(ofSteps[index]!));
        const given = { inputs: table.inputs(places), targets: table.targets(places), learningRates: rates, step: tf.scalar(firstStep + index, 'int32') };
        return Object.values(trainStep(tf, stage, given));
      };
      return valuesOf(tf, () => {
        const measured = [...batches(order, batchSize)].flatMap((places, index) => tf.tidy(() => takeOne(places, index)));
        // Values stay in TensorFlow until here: each read waits for the device.
        return tf.stack(measured);
      });
    },
    sync: () => undefined,
    dispose: () => undefined,
  };
}

/** Most steps of one call. A call is sized by time (fit.ts); this bounds the table of its results. */
export const MOST_STEPS_PER_CALL = 10_000;

/**
 * The recorded way.
 * @throws CaptureError where the step cannot be replayed; the state is then as before
 */
export function replayedSteps(tf: TensorFlow, stage: StageToTrain): Steps & { operations: number } {
  const { network, groups, optimizer, maps = [], examples, batchSize } = stage;
  groups.forEach((group) => optimizer.prepare(group));
  const moving = new Map([...network.variables, ...optimizer.slots, ...maps.flatMap((map) => [...map.state])]);
  const state = new Map([...moving, ...heldBy(stage)]);
  const graph = loopGraph(tf, stage, state);
  const replay = Replay.load(tf, graph);
  replay.writeVariables(state);

  const takeOf = (loop: string, order: Uint32Array, firstStep: number, learningRates: readonly Float32Array[]): Float32Array => {
    if (order.length === 0) return new Float32Array(0);
    const steps = order.length / graph.loops[loop]!.rowsPerStep;
    return replay.run(loop, {
      order: Int32Array.from(order),
      vectors: {
        ...byGroup(learningRates),
        step: Int32Array.from({ length: steps }, (_, at) => firstStep + at),
      },
    });
  };
  return {
    operations: graph.loops[FULL]!.program.operations.length,
    table: new GraphTable(tf, replay, examples, rowsToShuffle(examples, batchSize)),
    take(order, firstStep, learningRates) {
      const fullSteps = Math.floor(order.length / batchSize);
      const ratesOf = (from: number, to?: number) => learningRates.map((ofSteps) => ofSteps.subarray(from, to));
      const full = takeOf(FULL, order.subarray(0, fullSteps * batchSize), firstStep, ratesOf(0, fullSteps));
      const short = takeOf(SHORT, order.subarray(fullSteps * batchSize), firstStep + fullSteps, ratesOf(fullSteps));
      return joined([full, short]);
    },
    sync() {
      for (const [name, value] of replay.readVariables([...moving.keys()])) {
        moving.get(name)!.assign(value);
        value.dispose();
      }
    },
    dispose: () => replay.dispose(),
  };
}

/** What the terms of the loss read, by names of its own. */
const heldBy = ({ terms = [] }: StageToTrain): [string, Variable][] => terms.flatMap(({ held }, term) => [...held].map(([name, variable]): [string, Variable] => [`term/${term}/${name}`, variable]));

const FULL = 'full';
const SHORT = 'short';

/** The learning rates as inputs of the step, one for each group. */
const byGroup = <T>(rates: readonly T[]): Record<string, T> => Object.fromEntries(rates.map((rate, group) => [`learningRate/${group}`, rate]));

/** Records the step for full batches and, where the examples do not divide, for the short last one: they differ in shapes. */
function loopGraph(tf: TensorFlow, stage: StageToTrain, state: ReadonlyMap<string, Variable>): LoopGraph {
  const { examples, batchSize, groups } = stage;
  const { tables, feeds: fromTables } = GraphTable.declared(examples, rowsToShuffle(examples, batchSize));
  const feeds = {
    ...fromTables,
    ...byGroup(groups.map(() => ({ from: 'vector', dtype: 'float32' }) as const)),
    step: { from: 'vector', dtype: 'int32' },
  } as const;
  const loopOf = (rows: number) => ({ program: recordStep(tf, stage, state, rows), rowsPerStep: rows, feeds, mostSteps: MOST_STEPS_PER_CALL });
  const shortRows = examples.count % batchSize;
  return {
    variables: new Map([...state].map(([name, { dtype, shape }]) => [name, { dtype: dtype as 'float32', shape }])),
    tables,
    loops: { [FULL]: loopOf(batchSize), ...(shortRows > 0 && { [SHORT]: loopOf(shortRows) }) },
  };
}

/** Recording runs the step for real, so the state is put back afterwards. */
function recordStep(tf: TensorFlow, stage: StageToTrain, state: ReadonlyMap<string, Variable>, rows: number) {
  const { examples } = stage;
  const before = new Map([...state].map(([name, variable]) => [name, variable.dataSync().slice()]));
  const targets = zeroTargets(tf, examples.targets, rows);
  const learningRates = stage.groups.map(() => tf.scalar(0));
  const given = { inputs: tf.zeros([rows, ...examples.rows.shape]), step: tf.scalar(1, 'int32') };
  const inputs = { ...given, ...targets, ...byGroup(learningRates) };
  try {
    return record(tf, { inputs, variables: state, run: (): StepMeasures => trainStep(tf, stage, { ...given, targets, learningRates }) });
  } finally {
    for (const [name, variable] of state) {
      const value = tf.tensor(before.get(name)!, variable.shape, variable.dtype);
      variable.assign(value);
      value.dispose();
    }
    tf.dispose(Object.values(inputs));
  }
}

/** What stands in the way of recording, as a sentence; any other failure passes. */
export const reasonNotToCapture = (problem: unknown): string => {
  if (problem instanceof CaptureError) return problem.message;
  throw problem;
};

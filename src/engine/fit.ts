// The training loop. tfjs's own `fit` cannot be seeded, resumed exactly or scheduled, so this one is ours.
import type { Cursor, EpochSums, NamedTensors } from './checkpoint.js';
import { ServiceError } from '../contract/errors.js';
import type { ResolvedSpec, Stage } from '../contract/job.js';
import { augmentation } from './augment/augmentation.js';
import type { Examples } from './examples.js';
import { weightsOf } from '../models/architecture.js';
import { Evaluation } from './evaluate.js';
import type { TensorFlow, Variable } from './native.js';
import type { Network } from './network.js';
import type { Measure, Measures, Objective } from './objectives/objective.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { makeOptimizer } from './optimizers/registry.js';
import { permutation } from './random.js';
import { MOST_STEPS_PER_CALL, plainSteps, reasonNotToCapture, replayedSteps, type StageToTrain, type Steps } from './steps.js';

/** Where the loop is. Stages count from 0; epochs and steps from 1, within the run. */
export interface Position {
  stage: number;
  epoch: number;
  step: number;
}

/** How the loop goes on: with the next steps; not at all, what was learnt is kept; or not now, perhaps later, perhaps never. */
export type Verdict = 'go' | 'stop' | 'pause';

/** What the loop tells while it runs. It waits for each, so that a listener may let other work through. */
export interface FitListener {
  /** How a stage's steps are taken: recorded, with how many operations, or plainly, and why. */
  onStage(stage: number, taken: { operations: number } | { plainly: string }): void;
  /** Means over the examples of the steps since the last call. */
  onSteps(position: Position, mean: Measures, examplesSeen: number): Promise<void>;
  onEpoch(position: Position, train: Measures, validation: Measures | undefined): Promise<void>;
  /**
   * Between two calls into TensorFlow, where the run may be left and gone on with later.
   * @param epochEnded whether that call was the last of its epoch
   * @param snapshot all that is needed to go on; it costs a copy of the state
   * @returns how to go on; with "go" where nobody asks
   */
  onCall?(epochEnded: boolean, snapshot: () => Snapshot): Promise<Verdict>;
}

/** A run between two calls: what `fit` needs to go on as if it had never stopped. */
export interface Snapshot {
  cursor: Cursor;
  /** Sums of the running epoch's measures so far; undefined between epochs. */
  sums: EpochSums | undefined;
  /** Weights by path, optimizer slots by `path/slot`. */
  tensors: NamedTensors;
}

export interface FitData {
  train: Examples;
  validation?: Examples;
}

export interface FitSettings extends Pick<ResolvedSpec['training'], 'batch_size' | 'optimizer'> {
  objective: Objective;
  stages: readonly Stage[];
  seed: number;
  /** How examples are changed in each step. @default null: not at all */
  augment?: ResolvedSpec['training']['augment'];
  /** false: take every step plainly, as the reference does. @default true */
  capture?: boolean;
}

/** Steps between two reports: a fixed number, so that a run's metrics are the same each time. */
export const STEPS_PER_REPORT = 50;
/** A call into TensorFlow blocks this process; about this long it may, so that cancel and heartbeat stay prompt. */
const CALL_SECONDS = 0.25;

/**
 * Trains a network that gives what the objective asks for, stage by stage, in place.
 * @param from where an earlier run was left; its values take the place of the network's
 * @returns "go" after the last step; else the verdict that ended it before, the variables being those of the last step told
 * @throws NAN_LOSS at the report after the loss stopped being a number
 */
export async function fit(
  tf: TensorFlow,
  network: Network,
  data: FitData,
  settings: FitSettings,
  listener: FitListener,
  from?: Snapshot,
): Promise<Verdict> {
  const optimizer = makeOptimizer(tf, settings.optimizer);
  network.context.seed = settings.seed;
  const epochs = settings.stages.reduce((sum, stage) => sum + stage.epochs, 0);
  const validation = data.validation && new Evaluation(tf, network, data.validation, settings.objective, epochs);
  const { epoch, step } = from?.cursor ?? { epoch: 0, step: 0 };
  const fitting: Fitting = { network, data, validation, settings, optimizer, listener, position: { stage: 0, epoch, step } };
  try {
    if (from) restore(tf, network, optimizer, from.tensors);
    for (const [index, stage] of settings.stages.entries()) {
      const begun = index === from?.cursor.stage ? from : undefined;
      const done = index < (from?.cursor.stage ?? 0) || begun?.cursor.epochsOfStage === stage.epochs;
      if (done) continue;
      fitting.position.stage = index;
      const verdict = await trainStage(tf, fitting, stage, begun);
      if (verdict !== 'go') return verdict;
    }
    return 'go';
  } finally {
    validation?.dispose();
    optimizer.dispose();
  }
}

/** What stays the same over the stages, and where the loop is. */
interface Fitting {
  network: Network;
  data: FitData;
  validation: Evaluation | undefined;
  settings: FitSettings;
  optimizer: Optimizer;
  listener: FitListener;
  position: Position;
}

/** Trains a stage, or what is left of it. */
async function trainStage(tf: TensorFlow, fitting: Fitting, stage: Stage, begun: Snapshot | undefined): Promise<Verdict> {
  const { network, data, settings, optimizer } = fitting;
  const rates = stage.rates ?? [{ layers: stage.trainable, learning_rate: stage.learning_rate }];
  const groups = rates.map(({ layers }) => learningVariables(network, layers));
  network.context.learning = new Set(stage.trainable);
  const { batch_size: batchSize, seed, objective } = settings;
  const clipNorm = settings.optimizer.global_clipnorm;
  const augment = settings.augment ? augmentation(tf, settings.augment, seed) : undefined;
  const steps = openSteps(tf, fitting, { network, objective, groups, optimizer, clipNorm, augment, examples: data.train, batchSize });
  const learningRates = rates.map(({ learning_rate: rate }) => rate);
  const running: RunningStage = { steps, size: new CallSize(), learningRates, epochsDone: begun?.cursor.epochsOfStage ?? 0 };
  try {
    let verdict = await trainEpoch(fitting, stage, running, begun);
    while (verdict === 'go' && running.epochsDone < stage.epochs) verdict = await trainEpoch(fitting, stage, running);
    steps.sync();
    return verdict;
  } finally {
    steps.dispose();
  }
}

/** A stage at work. */
interface RunningStage {
  steps: Steps;
  size: CallSize;
  /** Of each group of variables. */
  learningRates: readonly number[];
  epochsDone: number;
}

/** Trains an epoch, or what is left of it, call by call. */
async function trainEpoch(fitting: Fitting, stage: Stage, running: RunningStage, begun?: Snapshot): Promise<Verdict> {
  const { data, validation, settings, listener, position } = fitting;
  const { steps, size, learningRates } = running;
  const batchSize = settings.batch_size;
  if (!begun || begun.cursor.examples === 0) position.epoch += 1;
  const order = permutation(settings.seed, 'shuffle', position.epoch, data.train.count);
  const wholeEpoch = new Means(settings.objective.measures, begun?.sums);

  for (let start = begun?.cursor.examples ?? 0; start < order.length; ) {
    const call = order.subarray(start, start + size.steps * batchSize);
    const rates = learningRates.map((rate) => new Float32Array(Math.ceil(call.length / batchSize)).fill(rate));
    const measures = size.timed(() => steps.take(call, position.step + 1, rates));
    for (const { mean, examples, count } of reports(measures, call.length, batchSize, position.step, wholeEpoch)) {
      position.step += count;
      await listener.onSteps({ ...position }, mean, examples);
    }
    start += call.length;
    if (start === order.length) break;
    const verdict = await betweenCalls(fitting, running, start, wholeEpoch.state);
    if (verdict !== 'go') return verdict;
  }

  running.epochsDone += 1;
  if (validation || running.epochsDone === stage.epochs) steps.sync();
  await listener.onEpoch({ ...position }, wholeEpoch.mean(), validation?.measure().measures);
  return betweenCalls(fitting, running, 0, undefined);
}

/** Lets the listener decide, and take a snapshot if it wants one. */
async function betweenCalls(fitting: Fitting, { steps, epochsDone }: RunningStage, examples: number, sums: EpochSums | undefined): Promise<Verdict> {
  const { network, optimizer, listener, position } = fitting;
  const snapshot = (): Snapshot => {
    steps.sync();
    const variables = [...network.variables, ...optimizer.slots];
    const tensors = new Map(variables.map(([name, variable]) => [name, Float32Array.from(variable.dataSync())]));
    return { cursor: { ...position, epochsOfStage: epochsDone, examples }, sums, tensors };
  };
  return (await listener.onCall?.(sums === undefined, snapshot)) ?? 'go';
}

/** Gives the network and the optimizer the values they had. */
function restore(tf: TensorFlow, network: Network, optimizer: Optimizer, tensors: NamedTensors): void {
  optimizer.restore(network.variables, tensors);
  for (const [path, variable] of network.variables) {
    const value = tf.tensor(tensors.get(path)!, variable.shape, 'float32');
    variable.assign(value);
    value.dispose();
  }
}

/** Recorded if that is possible; else plainly, which is said. */
function openSteps(tf: TensorFlow, { settings, listener, position }: Fitting, stage: StageToTrain): Steps {
  let why = 'it was asked for';
  if (settings.capture !== false) {
    try {
      const steps = replayedSteps(tf, stage);
      listener.onStage(position.stage, { operations: steps.operations });
      return steps;
    } catch (problem) {
      why = reasonNotToCapture(problem);
    }
  }
  listener.onStage(position.stage, { plainly: why });
  return plainSteps(tf, stage);
}

/** The variables of layers that learn; all others keep their bytes. */
const learningVariables = (network: Network, layers: readonly string[]): ReadonlyMap<string, Variable> =>
  new Map(
    weightsOf(network.architecture)
      .filter(({ layer, learns }) => learns && layers.includes(layer))
      .map(({ path }) => [path, network.variables.get(path)!]),
  );

/** How many steps a call takes: whole reports, doubled or halved towards the time a call may last. The bytes do not depend on it. */
class CallSize {
  steps = STEPS_PER_REPORT;

  timed<T>(call: () => T): T {
    const startMs = performance.now();
    const result = call();
    const seconds = (performance.now() - startMs) / 1000;
    if (seconds < CALL_SECONDS / 2 && this.steps * 2 <= MOST_STEPS_PER_CALL) this.steps *= 2;
    else if (seconds > CALL_SECONDS * 2 && this.steps > STEPS_PER_REPORT) this.steps /= 2;
    return result;
  }
}

/** Means over examples, from measures of batches. */
class Means {
  private readonly sums: number[];
  examples: number;

  constructor(
    readonly measures: readonly Measure[],
    from?: EpochSums,
  ) {
    this.sums = measures.map(({ name }) => from?.sums[name] ?? 0);
    this.examples = from?.examples ?? 0;
  }

  /** @param ofBatch a mean for each measure */
  add(ofBatch: Float32Array, batch: number): void {
    for (const [at, { counts }] of this.measures.entries()) {
      const sum = ofBatch[at]! * batch;
      // A float32 mean of 0s and 1s is off in the eighth digit; the count is exact.
      this.sums[at]! += counts ? Math.round(sum) : sum;
    }
    this.examples += batch;
  }

  get state(): EpochSums {
    return { examples: this.examples, sums: this.byName((sum) => sum) };
  }

  mean(): Measures {
    return this.byName((sum) => sum / this.examples) as Measures;
  }

  private byName(value: (sum: number) => number): Record<string, number> {
    return Object.fromEntries(this.measures.map(({ name }, at) => [name, value(this.sums[at]!)]));
  }
}

/** The measures of a call, a report at a time. @throws NAN_LOSS, naming the step */
function* reports(measures: Float32Array, examplesOfCall: number, batchSize: number, stepsBefore: number, wholeEpoch: Means) {
  const width = wholeEpoch.measures.length;
  const steps = measures.length / width;
  for (let first = 0; first < steps; first += STEPS_PER_REPORT) {
    const count = Math.min(STEPS_PER_REPORT, steps - first);
    const report = new Means(wholeEpoch.measures);
    for (let step = first; step < first + count; step += 1) {
      const ofStep = measures.subarray(step * width, (step + 1) * width);
      if (!Number.isFinite(ofStep[0])) throw ServiceError.of('NAN_LOSS', stepsBefore + step + 1);
      const batch = Math.min(batchSize, examplesOfCall - step * batchSize);
      report.add(ofStep, batch);
      wholeEpoch.add(ofStep, batch);
    }
    yield { mean: report.mean(), examples: report.examples, count };
  }
}

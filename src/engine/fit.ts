// The training loop. tfjs's own `fit` cannot be seeded, resumed exactly or scheduled, so this one is ours.
import { ServiceError } from '../contract/errors.js';
import type { ResolvedSpec, Stage } from '../contract/job.js';
import type { Examples } from './examples.js';
import { weightsOf } from '../models/architecture.js';
import { Evaluation, type Measures } from './evaluate.js';
import { Feed } from './feed.js';
import type { TensorFlow, Variable } from './native.js';
import type { Network } from './network.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { makeOptimizer } from './optimizers/registry.js';
import { MOST_STEPS_PER_CALL, plainSteps, reasonNotToCapture, replayedSteps, type StageToTrain, type Steps } from './steps.js';

/** Where the loop is. Stages count from 0; epochs and steps from 1, within the run. */
export interface Position {
  stage: number;
  epoch: number;
  step: number;
}

/** What the loop tells while it runs. It waits for each, so that a listener may let other work through. */
export interface FitListener {
  /** How a stage's steps are taken: recorded, with how many operations, or plainly, and why. */
  onStage(stage: number, taken: { operations: number } | { plainly: string }): void;
  /** Mean loss and accuracy of the steps since the last call. */
  onSteps(position: Position, mean: Measures, examplesSeen: number): Promise<void>;
  onEpoch(position: Position, train: Measures, validation: Measures | undefined): Promise<void>;
}

export interface FitData {
  train: Examples;
  validation?: Examples;
}

export interface FitSettings extends Pick<ResolvedSpec['training'], 'batch_size' | 'optimizer'> {
  stages: readonly Stage[];
  seed: number;
  /** false: take every step plainly, as the reference does. @default true */
  capture?: boolean;
}

/** Steps between two reports: a fixed number, so that a run's metrics are the same each time. */
export const STEPS_PER_REPORT = 50;
/** A call into TensorFlow blocks this process; about this long it may, so that cancel and heartbeat stay prompt. */
const CALL_SECONDS = 0.25;

/**
 * Trains a network that gives logits, stage by stage, in place.
 * @throws NAN_LOSS at the report after the loss stopped being a number
 */
export async function fit(tf: TensorFlow, network: Network, data: FitData, settings: FitSettings, listener: FitListener): Promise<void> {
  const optimizer = makeOptimizer(tf, settings.optimizer);
  network.context.seed = settings.seed;
  const epochs = settings.stages.reduce((sum, stage) => sum + stage.epochs, 0);
  const validation = data.validation && new Evaluation(tf, network, data.validation, epochs);
  const fitting: Fitting = { network, data, validation, settings, optimizer, listener, position: { stage: 0, epoch: 0, step: 0 } };
  try {
    for (const [index, stage] of settings.stages.entries()) {
      fitting.position.stage = index;
      await trainStage(tf, fitting, stage);
    }
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

async function trainStage(tf: TensorFlow, fitting: Fitting, stage: Stage): Promise<void> {
  const { network, data, validation, settings, optimizer, listener, position } = fitting;
  const { batch_size: batchSize, seed } = settings;
  const clipNorm = settings.optimizer.global_clipnorm;
  const learning = learningVariables(network, stage.trainable);
  network.context.learning = new Set(stage.trainable);
  const steps = openSteps(tf, fitting, { network, learning, optimizer, clipNorm, examples: data.train, batchSize });
  const feed = new Feed(data.train, steps.table, batchSize);
  const size = new CallSize();
  try {
    for (let epochOfStage = 1; epochOfStage <= stage.epochs; epochOfStage += 1) {
      position.epoch += 1;
      const reports = new Reports(position.step, data.train.count, batchSize);

      for await (const rows of size.calls(feed.shuffled(seed, position.epoch), batchSize)) {
        const measures = size.timed(() => steps.take(rows, reports.stepsTaken + 1, stage.learning_rate));
        for (const { mean, examples, step } of reports.add(measures)) {
          position.step = step;
          await listener.onSteps({ ...position }, mean, examples);
        }
      }

      if (validation || epochOfStage === stage.epochs) steps.sync();
      await listener.onEpoch({ ...position }, reports.wholeEpoch.mean(), await validation?.measure());
    }
  } finally {
    steps.dispose();
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

/** The variables of the layers that learn; all others keep their bytes. */
const learningVariables = (network: Network, trainable: readonly string[]): ReadonlyMap<string, Variable> =>
  new Map(
    weightsOf(network.architecture)
      .filter(({ layer, learns }) => learns && trainable.includes(layer))
      .map(({ path }) => [path, network.variables.get(path)!]),
  );

/** How many steps a call takes: whole reports, doubled or halved towards the time a call may last. The bytes do not depend on it. */
class CallSize {
  private steps = STEPS_PER_REPORT;

  /** The rows of a window after the other, as many at a time as a call takes by then. */
  async *calls(windows: AsyncIterable<Uint32Array>, batchSize: number): AsyncGenerator<Uint32Array> {
    for await (const order of windows) {
      for (let start = 0; start < order.length; ) {
        const rows = order.subarray(start, start + this.steps * batchSize);
        start += rows.length;
        yield rows;
      }
    }
  }

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
  private loss = 0;
  private correct = 0;
  examples = 0;

  add(loss: number, accuracy: number, batch: number): void {
    this.loss += loss * batch;
    // A float32 mean of 0s and 1s is off in the eighth digit; the count is exact.
    this.correct += Math.round(accuracy * batch);
    this.examples += batch;
  }

  mean(): Measures {
    return { loss: this.loss / this.examples, accuracy: this.correct / this.examples };
  }
}

/** The measures of an epoch's steps, put together to reports, which do not depend on how many steps a call takes. */
class Reports {
  readonly wholeEpoch = new Means();
  private report = new Means();
  private stepsOfReport = 0;

  /** @param stepsTaken steps of the run before the epoch */
  constructor(public stepsTaken: number, private readonly examples: number, private readonly batchSize: number) {}

  /** Takes the measures of some steps, and gives the reports that are complete with them. @throws NAN_LOSS, naming the step */
  *add(measures: Float32Array) {
    for (let at = 0; at < measures.length; at += 2) {
      const [loss, accuracy] = [measures[at]!, measures[at + 1]!];
      this.stepsTaken += 1;
      if (!Number.isFinite(loss)) throw ServiceError.of('NAN_LOSS', this.stepsTaken);
      const batch = Math.min(this.batchSize, this.examples - this.wholeEpoch.examples);
      this.report.add(loss, accuracy, batch);
      this.wholeEpoch.add(loss, accuracy, batch);
      this.stepsOfReport += 1;
      if (this.stepsOfReport < STEPS_PER_REPORT && this.wholeEpoch.examples < this.examples) continue;
      yield { mean: this.report.mean(), examples: this.report.examples, step: this.stepsTaken };
      this.report = new Means();
      this.stepsOfReport = 0;
    }
  }
}

// One run of a job: starting weights, training, evaluation. The baseline is the same target network, the same order of data
// and the same number of steps, from fresh weights with everything learning.
import type { EventData, EventType } from '../contract/event.js';
import type { FlatMetrics, MetricPoint, ResolvedSpec, RunPlan, RunResult, Stage } from '../contract/job.js';
import { divide, trace } from '../models/architecture.js';
import { withoutSoftmax } from '../models/output-layer.js';
import type { Weights } from '../models/weights.js';
import { evaluate, predict, type Measures } from './evaluate.js';
import { floatExamples, type Examples } from './examples.js';
import { fit, type FitListener } from './fit.js';
import { freshWeights } from './fresh-weights.js';
import type { TensorFlow } from './native.js';
import { buildNetwork } from './network.js';
import type { TrainingData } from './training-data.js';

export interface RunListener {
  onEvent<T extends EventType>(type: T, data: EventData<T>): void;
  onMetrics(points: MetricPoint[]): void;
  /** After each report of the loop; waits, so that messages leave the process between native calls. */
  onSteps(run: RunPlan, position: { stage: number; epoch: number; step: number }, examplesSeen: number): Promise<void>;
}

export interface TrainedRun {
  result: RunResult;
  weights: Weights;
}

/** @param base weights of the base model, or null where there is none */
export async function trainRun(
  tf: TensorFlow,
  spec: ResolvedSpec,
  run: RunPlan,
  data: TrainingData,
  base: Weights | null,
  listener: RunListener,
): Promise<TrainedRun> {
  const stages = run.role === 'main' ? spec.stages : everythingLearns(spec);
  const start = run.role === 'main' ? inherit(spec, run.seed, base) : freshWeights(spec.architecture, run.seed);
  const featuresFrom = run.role === 'main' ? spec.features_from : null;
  const steps = stages.reduce((sum, stage) => sum + stage.steps, 0);
  listener.onEvent('run.started', { run: run.run, role: run.role, seed: run.seed, steps });

  const training: RunTraining = { spec, run, stages, data, start, listener };
  const trained = featuresFrom === null ? await trainWhole(tf, training) : await trainOnFeatures(tf, training, featuresFrom);
  const { measures: test, last, seconds } = trained;
  const metrics: FlatMetrics = { ...last, test_loss: test.loss, test_accuracy: test.accuracy };
  listener.onEvent('run.finished', { run: run.run, role: run.role, metrics, seconds });
  const epochs = stages.reduce((sum, stage) => sum + stage.epochs, 0);
  return {
    result: { ...run, metrics, seconds, examples_per_second: (epochs * data.train.count) / seconds },
    weights: trained.weights,
  };
}

/** Weights carried over from the base; all others fresh, by the run's seed. */
function inherit(spec: ResolvedSpec, seed: number, base: Weights | null): Weights {
  const weights = new Map(freshWeights(spec.architecture, seed));
  for (const { to, from } of spec.inherit) weights.set(to, base!.get(from)!);
  return weights;
}

const everythingLearns = (spec: ResolvedSpec): Stage[] => {
  const weighted = trace(spec.architecture).filter(({ weights }) => weights.length > 0);
  return spec.stages.map((stage) => ({ ...stage, trainable: weighted.map(({ layer }) => layer.name) }));
};

/** A run with nothing left to decide but how its features come about. */
interface RunTraining {
  spec: ResolvedSpec;
  run: RunPlan;
  stages: readonly Stage[];
  data: TrainingData;
  start: Weights;
  listener: RunListener;
}

interface Trained {
  weights: Weights;
  measures: Measures;
  /** The last training and validation metrics. */
  last: FlatMetrics;
  /** Spent computing features and training. */
  seconds: number;
}

const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;

async function trainWhole(tf: TensorFlow, { spec, run, stages, data, start, listener }: RunTraining): Promise<Trained> {
  const network = await buildNetwork(tf, withoutSoftmax(spec.architecture), start);
  try {
    const { watcher, last } = watch(run, stages, listener);
    const fitData = data.validation ? { train: data.train, validation: data.validation } : { train: data.train };
    const startMs = performance.now();
    await fit(tf, network, fitData, { ...spec.training, stages, seed: run.seed }, watcher);
    const seconds = secondsSince(startMs);
    return { weights: network.readWeights(), measures: await evaluate(tf, network, data.test), last, seconds };
  } finally {
    network.dispose();
  }
}

/** The trunk is run once over all examples; the new model is trained on what it gave; the result is both. */
async function trainOnFeatures(tf: TensorFlow, training: RunTraining, cut: string): Promise<Trained> {
  const { spec, run, data, start, listener } = training;
  const startMs = performance.now();
  const { trunk, rest } = divide(spec.architecture, cut);
  const trunkNetwork = await buildNetwork(tf, trunk, start);
  const features = async (examples: Examples): Promise<Examples> =>
    floatExamples(await predict(tf, trunkNetwork, examples), rest.input_shape, examples.labels);
  const featureData: TrainingData = {
    train: await features(data.train),
    validation: data.validation && (await features(data.validation)),
    test: await features(data.test),
  };
  trunkNetwork.dispose();
  const featureSeconds = secondsSince(startMs);
  const width = rest.input_shape.reduce((product, size) => product * size, 1);
  listener.onEvent('run.features_ready', { run: run.run, role: run.role, layer: cut, examples: data.train.count, width });

  const newModel = await trainWhole(tf, { ...training, spec: { ...spec, architecture: rest }, data: featureData });
  return { ...newModel, weights: new Map([...start, ...newModel.weights]), seconds: featureSeconds + newModel.seconds };
}

/** Turns what the loop tells into events and metrics, and keeps the last value of each metric. */
function watch(run: RunPlan, stages: readonly Stage[], listener: RunListener): { watcher: FitListener; last: FlatMetrics } {
  const last: FlatMetrics = {};
  const epochs = stages.reduce((sum, stage) => sum + stage.epochs, 0);
  const { run: name, role } = run;
  const watcher: FitListener = {
    onStage(stage, taken) {
      const captured = 'operations' in taken;
      const how = captured ? { operations: taken.operations, why_not: null } : { operations: null, why_not: taken.plainly };
      listener.onEvent('run.steps_ready', { run: name, role, stage, captured, ...how });
    },
    async onSteps(position, mean, examplesSeen) {
      listener.onMetrics([{ run: name, role, ...position, values: { loss: mean.loss, accuracy: mean.accuracy } }]);
      await listener.onSteps(run, position, examplesSeen);
    },
    async onEpoch(position, train, validation) {
      const values = {
        epoch_loss: train.loss,
        epoch_accuracy: train.accuracy,
        ...(validation && { val_loss: validation.loss, val_accuracy: validation.accuracy }),
      };
      listener.onMetrics([{ run: name, role, ...position, values }]);
      Object.assign(last, { loss: train.loss, accuracy: train.accuracy }, validation && { val_loss: values.val_loss, val_accuracy: values.val_accuracy });
      listener.onEvent('epoch.finished', { run: name, role, stage: position.stage, epoch: position.epoch, epochs, metrics: { ...last } });
    },
  };
  return { watcher, last };
}

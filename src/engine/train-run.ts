// One run of a job: starting weights, training, evaluation. The baseline is the same target network, the same order of data
// and the same number of steps, from fresh weights with everything learning.
import type { EventData, EventType } from '../contract/event.js';
import type { FlatMetrics, MetricPoint, ResolvedSpec, RunPlan, RunResult, Stage } from '../contract/job.js';
import { divide, trace } from '../models/architecture.js';
import { asTrained } from '../models/output-layer.js';
import type { Weights } from '../models/weights.js';
import { evaluate, predict } from './evaluate.js';
import { floatExamples, type Examples } from './examples.js';
import { fit, type FitListener } from './fit.js';
import { freshWeights } from './fresh-weights.js';
import type { TensorFlow } from './native.js';
import { buildNetwork } from './network.js';
import type { Evaluated, Measures } from './objectives/objective.js';
import { makeObjective } from './objectives/registry.js';
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
  const { test, last, seconds } = trained;
  const metrics: FlatMetrics = { ...last, ...prefixed('test', test.measures) };
  listener.onEvent('run.finished', { run: run.run, role: run.role, metrics, seconds });
  const epochs = stages.reduce((sum, stage) => sum + stage.epochs, 0);
  return {
    result: { ...run, metrics, confusion_matrix: test.confusion, seconds, examples_per_second: (epochs * data.train.count) / seconds },
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
  test: Evaluated;
  /** The last training and validation metrics. */
  last: FlatMetrics;
  /** Spent computing features and training. */
  seconds: number;
}

/** The measures of one part, told apart by their names: `val_loss`. */
const prefixed = (part: 'epoch' | 'val' | 'test', measures: Measures | undefined): FlatMetrics =>
  Object.fromEntries(Object.entries(measures ?? {}).map(([name, value]) => [`${part}_${name}`, value]));

const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;

async function trainWhole(tf: TensorFlow, { spec, run, stages, data, start, listener }: RunTraining): Promise<Trained> {
  const classes = data.train.targets.of.dtype === 'int32' ? spec.class_names.length : null;
  const objective = makeObjective(tf, spec.training, classes);
  const network = await buildNetwork(tf, asTrained(spec.architecture, spec.training.loss.name), start);
  try {
    const { watcher, last } = watch(run, stages, listener);
    const fitData = data.validation ? { train: data.train, validation: data.validation } : { train: data.train };
    const startMs = performance.now();
    await fit(tf, network, fitData, { ...spec.training, objective, stages, seed: run.seed }, watcher);
    const seconds = secondsSince(startMs);
    return { weights: network.readWeights(), test: evaluate(tf, network, data.test, objective), last, seconds };
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
  const features = (examples: Examples): Examples =>
    floatExamples(tf, predict(tf, trunkNetwork, examples), rest.input_shape, examples.targets);
  const featureData: TrainingData = {
    train: features(data.train),
    validation: data.validation && features(data.validation),
    test: features(data.test),
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
      listener.onMetrics([{ run: name, role, ...position, values: { ...mean } }]);
      await listener.onSteps(run, position, examplesSeen);
    },
    async onEpoch(position, train, validation) {
      const validated = prefixed('val', validation);
      listener.onMetrics([{ run: name, role, ...position, values: { ...prefixed('epoch', train), ...validated } }]);
      Object.assign(last, train, validated);
      listener.onEvent('epoch.finished', { run: name, role, stage: position.stage, epoch: position.epoch, epochs, metrics: { ...last } });
    },
  };
  return { watcher, last };
}

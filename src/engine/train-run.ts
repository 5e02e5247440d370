// One run of a job: starting weights, training, evaluation. The baseline is the same target network, the same order of data
// and the same number of steps, from fresh weights with everything learning.
import type { FeatureUse } from '../contract/job.js';
import { PUBLISHED_RUN, type FlatMetrics, type Interpolation, type RunPlan, type RunResult } from '../contract/run.js';
import { volume } from '../contract/shape.js';
import type { Architecture } from '../contract/layers.js';
import { stepsOf, type ResolvedSpec } from '../contract/training-specs.js';
import { divide, outputShape } from '../models/architecture.js';
import { asTrained, probabilityBy } from '../models/output-layer.js';
import type { Weights } from '../models/weights.js';
import { BestEpoch } from './best-epoch.js';
import type { RunBudget } from './budget.js';
import type { Rows } from '../datasets/rows.js';
import { evaluateEach, Evaluation, type EvaluatedEach } from './evaluate.js';
import type { Examples } from './examples.js';
import { featuresInMemory, onFeatures, type Features, type FeaturesOf, type Trunk } from './features.js';
import { fit, type FitSettings } from './fit.js';
import { freshWeights } from './fresh-weights.js';
import { factorsOf, merged, startOfLora } from './lora.js';
import type { TensorFlow } from './native.js';
import { buildNetwork, type Network } from './network.js';
import type { Objective } from './objectives/objective.js';
import { withProbability } from './objectives/probability.js';
import { makeObjective } from './objectives/registry.js';
import { carriedIn, everythingLearns, startOfMain } from './start.js';
import { outputScaleOf, toOwnScale } from './target-scale.js';
import { buildTeachers, type Teacher } from './teachers.js';
import type { TrainingData } from './training-data.js';
import { Paused, prefixed, secondsSince, watchRun, type RunListener, type RunState, type Told, type WatchedRun } from './watch-run.js';
import { ALPHAS, bestOf, between, InterpolationStart } from './wise-ft.js';

export interface TrainedRun {
  result: RunResult;
  /** Of the network as it is published; with lora, beside them both factors of each change, which is in the kernel too. */
  weights: Weights;
  /** What the run that is published said of each test example; undefined of others, and where a checkpoint of an earlier version has it as finished. */
  said?: Said | undefined;
}

/**
 * What a network said of each example, a column of one number for each: `loss`, what it adds to the mean; of classes `predicted` and, where there are such,
 * `probability`; of values `error 0` and so on, the output less the value in the target's own unit.
 */
export type Said = ReadonlyMap<string, Float32Array>;

export interface RunOptions {
  /** Where the run was left earlier. */
  from?: RunState | undefined;
  /** What this run may use of training. @default that of the spec */
  budget?: RunBudget;
  /** Where features come from. @default computed anew */
  featuresOf?: FeaturesOf;
  /** Models that a run learns from, unless it is a baseline. @default none */
  teachers?: readonly Teacher[];
  /** Asked after each call: whether the time of all of the job that this run may use is up. @default never */
  isOver?: () => boolean;
}

/**
 * @param base weights of the base model, or null where there is none
 * @throws Paused where the listener said so; a run that it stops ends like any other, with what was learnt by then
 */
export async function trainRun(
  tf: TensorFlow,
  spec: ResolvedSpec,
  run: RunPlan,
  data: TrainingData,
  base: Weights | null,
  listener: RunListener,
  { from, budget = spec.training.budget, featuresOf = featuresInMemory, teachers = [], isOver = () => false }: RunOptions = {},
): Promise<TrainedRun> {
  const isBaseline = run.role === 'baseline';
  const stages = isBaseline ? everythingLearns(spec) : spec.stages;
  const start = isBaseline ? freshWeights(spec.architecture, run.seed) : startOfMain(spec, run.seed, base);
  const featuresFrom = isBaseline ? null : spec.features_from;
  const scale = outputScaleOf(spec);
  const steps = Math.min(stepsOf(stages), budget?.steps ?? Infinity);
  if (!from) listener.onEvent('run.started', { run: run.run, role: run.role, seed: run.seed, steps });

  const training: RunTraining = { spec, run, stages, data, start, listener, from, budget, featuresOf, teachers: isBaseline ? [] : teachers, isOver };
  const trained = featuresFrom === null ? await trainWhole(tf, training) : await trainOnFeatures(tf, training, featuresFrom);
  const { test, last, seconds, end } = trained;
  const { measures, confusion } = test.evaluated;
  const metrics: FlatMetrics = { ...last, ...prefixed('test', measures) };
  listener.onEvent('run.finished', { run: run.run, role: run.role, ...end, metrics, seconds });
  return {
    result: {
      ...run, ...end,
      ...(trained.bestEpoch !== undefined && { best_epoch: trained.bestEpoch }),
      ...(trained.choice && { choice: trained.choice }),
      ...(trained.interpolation !== undefined && { interpolation: trained.interpolation }),
      metrics, confusion_matrix: confusion, seconds, examples_per_second: trained.examplesSeen / seconds,
    },
    weights: scale ? toOwnScale(trained.weights, scale.layer, scale) : trained.weights,
    ...(run.run === PUBLISHED_RUN && { said: saidOf(test.each) }),
  };
}

/** A run with nothing left to decide but how its features come about. */
interface RunTraining extends WatchedRun {
  data: TrainingData;
  featuresOf: FeaturesOf;
  teachers: readonly Teacher[];
}

interface Trained extends Told {
  weights: Weights;
  test: EvaluatedEach;
  /** Where one was asked for; null where the run ended before it starts. */
  interpolation?: Interpolation | null;
}

async function trainWhole(tf: TensorFlow, given: RunTraining): Promise<Trained> {
  const lora = given.run.role === 'baseline' ? undefined : given.spec.lora;
  const training = lora ? { ...given, start: new Map([...given.start, ...startOfLora(given.spec.architecture, lora, given.run.seed)]) } : given;
  const { spec, run, stages, data, start, from } = training;
  const classes = data.train.targets.of.dtype === 'int32' ? spec.class_names.length : null;
  const objective = makeObjective(tf, { ...spec.training, deviations: spec.target?.scale?.deviation ?? null }, classes);
  const network = await buildNetwork(tf, asTrained(spec.architecture, spec.training.loss.name), start, lora);
  const teaching = await buildTeachers(tf, training.teachers, spec.training.loss);
  try {
    const early = spec.training.early_stopping;
    const best = early ? new BestEpoch(early, from) : undefined;
    const interpolated = spec.wise_ft && run.role !== 'baseline' ? new InterpolationStart(spec.wise_ft, start, from) : undefined;
    const { watcher, seen, mostSteps } = watchRun(training, { best, interpolated }, () => network.readWeights());
    const fitData = data.validation ? { train: data.train, validation: data.validation } : { train: data.train };
    const featuresOf = async (trunk: Trunk, examples: Examples): Promise<Rows> => {
      const { rows, use } = await keptFeatures(tf, training, trunk, examples);
      tellOfFeatures(training, trunk.architecture, use);
      return rows;
    };
    const settings: FitSettings = { ...spec.training, objective, stages, seed: run.seed, mostSteps, featuresOf, origin: { weights: start, carried: carriedIn(spec), teachers: teaching.networks } };
    const verdict = await fit(tf, network, fitData, settings, watcher, from);
    if (verdict === 'pause') throw new Paused(`run ${run.run} was left off`);
    // Before the test, whose time is none of training's.
    const told = seen();
    if (best && told.bestEpoch != null) network.writeWeights(best.weights);
    const ofLora = lora && factorsOf(network.readWeights(), lora);
    if (lora) network.writeWeights(merged(network.readWeights(), lora));
    const interpolation = interpolated && (await interpolate(tf, training, network, objective, interpolated));
    const last = { ...told.last, ...interpolation?.curve.find(({ alpha }) => alpha === interpolation.alpha)?.metrics };
    const test = await evaluateEach(tf, network, data.test, testedBy(tf, training, objective));
    return { ...told, last, ...(interpolation !== undefined && { interpolation }), weights: new Map([...network.readWeights(), ...(ofLora ?? [])]), test };
  } finally {
    network.dispose();
    teaching.dispose();
  }
}

/** What measures the end of a run: of the one that is published also how sure the network is of each class it names. */
function testedBy(tf: TensorFlow, { spec, run, data }: RunTraining, objective: Objective): Objective {
  const by = run.run === PUBLISHED_RUN && data.test.targets.of.dtype === 'int32' ? probabilityBy(spec.architecture, spec.training.loss.name) : null;
  return by === null ? objective : withProbability(tf, objective, by);
}

/** What is kept of each example: nothing that only serves measures of all of them. */
const saidOf = (each: EvaluatedEach['each']): Said => new Map(Object.entries(each).filter(([name]) => name !== 'inTop' && name !== 'score'));

/** Gives the network the weights that validate best between the start and what it has now. @returns null where the run did not come to the start */
async function interpolate(tf: TensorFlow, { run, data, listener }: RunTraining, network: Network, objective: Objective, from: InterpolationStart): Promise<Interpolation | null> {
  const start = from.weights;
  if (!start || !data.validation) return null;
  const end = network.readWeights();
  const validation = new Evaluation(tf, network, data.validation, objective, ALPHAS.length);
  const curve: Interpolation['curve'] = [];
  try {
    for (const alpha of ALPHAS) {
      network.writeWeights(between(start, end, alpha));
      curve.push({ alpha, metrics: prefixed('val', (await validation.measure()).measures) });
      if ((await listener.onMeasured?.()) === 'pause') throw new Paused(`run ${run.run} was left off while it was interpolated`);
    }
  } finally {
    validation.dispose();
  }
  const interpolation = bestOf(from.settings, curve);
  network.writeWeights(between(start, end, interpolation.alpha));
  listener.onEvent('run.interpolated', { run: run.run, role: run.role, ...interpolation });
  return interpolation;
}

/** The trunk is run once over all examples, or what it gave was kept; the new model is trained on that; the result is both. */
async function trainOnFeatures(tf: TensorFlow, training: RunTraining, cut: string): Promise<Trained> {
  const { spec, data, start } = training;
  const startMs = performance.now();
  const { trunk, rest } = divide(spec.architecture, cut);
  const used: FeatureUse[] = [];
  const rowsOf = new Map<Rows, Rows>();
  // Training and validation examples may be of one part: its features are computed together.
  const features = async (examples: Examples): Promise<Examples> => {
    if (!rowsOf.has(examples.rows)) {
      const { rows, use } = await keptFeatures(tf, training, { architecture: trunk, weights: start }, examples);
      rowsOf.set(examples.rows, rows);
      used.push(use);
    }
    return onFeatures(examples, rowsOf.get(examples.rows)!);
  };
  const featureData: TrainingData = {
    train: await features(data.train),
    validation: data.validation && (await features(data.validation)),
    test: await features(data.test),
  };
  const featureSeconds = secondsSince(startMs);
  const cache: FeatureUse = {
    hit: used.every(({ hit }) => hit),
    bytes: used.reduce((sum, { bytes }) => sum + bytes, 0),
    saved_seconds: used.reduce((sum, { saved_seconds: seconds }) => sum + seconds, 0),
  };
  tellOfFeatures(training, trunk, cache);

  const newModel = await trainWhole(tf, { ...training, spec: { ...spec, architecture: rest }, data: featureData });
  return { ...newModel, weights: new Map([...start, ...newModel.weights]), seconds: featureSeconds + newModel.seconds };
}

/** @throws Paused where the listener said so; nothing is kept of what was begun */
function keptFeatures(tf: TensorFlow, { run, listener, featuresOf }: RunTraining, trunk: Trunk, examples: Examples): Promise<Features> {
  return featuresOf(tf, trunk, examples, async () => {
    if ((await listener.onFeatures?.()) === 'pause') throw new Paused(`run ${run.run} was left off while its features were computed`);
  });
}

function tellOfFeatures({ run, data, listener }: RunTraining, trunk: Architecture, cache: FeatureUse): void {
  const { name: layer } = trunk.layers.at(-1)!;
  listener.onEvent('run.features_ready', { run: run.run, role: run.role, layer, examples: data.train.count, width: volume(outputShape(trunk)), cache });
}

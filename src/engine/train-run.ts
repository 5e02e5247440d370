// One run of a job: starting weights, training, evaluation. The baseline is the same target network, the same order of data
// and the same number of steps, from fresh weights with everything learning.
import type { EventData, EventType } from '../contract/event.js';
import { epochsOf, stepsOf, type FeatureUse, type FlatMetrics, type Interpolation, type MetricPoint, type ResolvedSpec, type RunEnd, type RunPlan, type RunResult, type Stage, type StageChoice } from '../contract/job.js';
import { volume } from '../contract/shape.js';
import type { Architecture } from '../contract/layers.js';
import { divide, outputShape } from '../models/architecture.js';
import { asTrained } from '../models/output-layer.js';
import type { Weights } from '../models/weights.js';
import { BEST, BestEpoch, type BestState } from './best-epoch.js';
import { COMPLETED, EARLY_STOPPED, isMet, USER_STOP, usedUp, type RunBudget, type RunEnding } from './budget.js';
import type { Rows } from '../datasets/rows.js';
import { evaluate, Evaluation } from './evaluate.js';
import type { Examples } from './examples.js';
import { featuresInMemory, onFeatures, type Features, type FeaturesOf, type Trunk } from './features.js';
import { fit, type FitListener, type FitSettings, type Snapshot, type Verdict } from './fit.js';
import { freshWeights } from './fresh-weights.js';
import { factorsOf, merged, startOfLora } from './lora.js';
import type { TensorFlow } from './native.js';
import { buildNetwork, type Network } from './network.js';
import type { Evaluated, Measures, Objective } from './objectives/objective.js';
import { makeObjective } from './objectives/registry.js';
import { carriedIn, everythingLearns, startOfMain } from './start.js';
import { outputScaleOf, toOwnScale } from './target-scale.js';
import type { TrainingData } from './training-data.js';
import { ALPHAS, bestOf, between, InterpolationStart } from './wise-ft.js';

export interface RunListener {
  onEvent<T extends EventType>(type: T, data: EventData<T>): void;
  onMetrics(points: MetricPoint[]): void;
  /** After each report of the loop; waits, so that messages leave the process between native calls. */
  onSteps(run: RunPlan, position: { stage: number; epoch: number; step: number }, taken: StepsTaken): Promise<void>;
  /** While features are computed, after each call into TensorFlow. @returns "pause" to leave off: nothing is kept of what was begun */
  onFeatures?(): Promise<Verdict>;
  /** While the end of the run is measured, after each part. @returns "pause" to leave off: a run that is gone on with measures it again */
  onMeasured?(): Promise<Verdict>;
  /**
   * After each call into TensorFlow.
   * @param at whether an epoch has just ended, and the last value of each metric
   * @param save all that is needed to go on later, all weights of the network included; it costs a copy of the state
   * @returns how to go on; with "go" where nobody asks
   */
  onCall?(run: RunPlan, at: { epochEnded: boolean; metrics: FlatMetrics }, save: () => RunState): Promise<Verdict>;
}

/** What has been done since the last report, and so far. */
export interface StepsTaken {
  examples: number;
  /** Spent on the run so far, in earlier attempts too. */
  seconds: number;
  /** Whether no step follows in this epoch. */
  endsEpoch: boolean;
}

/** A run between two calls, with what has been told of it. */
export interface RunState extends Snapshot {
  /** The last value of each metric. */
  metrics: FlatMetrics;
  /** Its best epoch so far; its weights lie beside the others under `best:`. */
  best?: BestState | undefined;
  examplesSeen: number;
  /** Spent on it so far. */
  seconds: number;
}

/** A listener had the run leave off: there is nothing to evaluate. */
export class Paused extends Error {
  override readonly name = 'Paused';
}

/** A model that a run learns from. */
export interface Teacher {
  model: string;
  architecture: Architecture;
  weights: Weights;
}

export interface TrainedRun {
  result: RunResult;
  /** Of the network as it is published; with lora, beside them both factors of each change, which is in the kernel too. */
  weights: Weights;
}

export interface RunOptions {
  /** Where the run was left earlier. */
  from?: RunState | undefined;
  /** What this run may use of training. @default that of the spec */
  budget?: RunBudget;
  /** Where features come from. @default computed anew */
  featuresOf?: FeaturesOf;
  /** Models that a main run learns from. @default none */
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
  const stages = run.role === 'main' ? spec.stages : everythingLearns(spec);
  const start = run.role === 'main' ? startOfMain(spec, run.seed, base) : freshWeights(spec.architecture, run.seed);
  const featuresFrom = run.role === 'main' ? spec.features_from : null;
  const scale = outputScaleOf(spec);
  const steps = Math.min(stepsOf(stages), budget?.steps ?? Infinity);
  if (!from) listener.onEvent('run.started', { run: run.run, role: run.role, seed: run.seed, steps });

  const training: RunTraining = { spec, run, stages, data, start, listener, from, budget, featuresOf, teachers: run.role === 'main' ? teachers : [], isOver };
  const trained = featuresFrom === null ? await trainWhole(tf, training) : await trainOnFeatures(tf, training, featuresFrom);
  const { test, last, seconds, end } = trained;
  const metrics: FlatMetrics = { ...last, ...prefixed('test', test.measures) };
  listener.onEvent('run.finished', { run: run.run, role: run.role, ...end, metrics, seconds });
  return {
    result: {
      ...run, ...end,
      ...(trained.bestEpoch !== undefined && { best_epoch: trained.bestEpoch }),
      ...(trained.choice && { choice: trained.choice }),
      ...(trained.interpolation !== undefined && { interpolation: trained.interpolation }),
      metrics, confusion_matrix: test.confusion, seconds, examples_per_second: trained.examplesSeen / seconds,
    },
    weights: scale ? toOwnScale(trained.weights, scale.layer, scale) : trained.weights,
  };
}

/** A run with nothing left to decide but how its features come about. */
interface RunTraining {
  spec: ResolvedSpec;
  run: RunPlan;
  stages: readonly Stage[];
  data: TrainingData;
  start: Weights;
  listener: RunListener;
  from: RunState | undefined;
  budget: RunBudget;
  featuresOf: FeaturesOf;
  teachers: readonly Teacher[];
  isOver: () => boolean;
}

interface Trained extends Told {
  weights: Weights;
  test: Evaluated;
  /** Where one was asked for; null where the run ended before it starts. */
  interpolation?: Interpolation | null;
}

/** What has been told of a run. */
interface Told {
  /** The last training and validation metrics. */
  last: FlatMetrics;
  examplesSeen: number;
  /** Spent training, and computing features. */
  seconds: number;
  end: RunEnd;
  /** Where a best epoch is looked for: which it is, if the network is to be as it was then; else null. */
  bestEpoch?: number | null;
  /** Where it was chosen among stages. */
  choice?: StageChoice | undefined;
}

/** The measures of one part, told apart by their names: `val_loss`. */
const prefixed = (part: 'epoch' | 'val' | 'test', measures: Measures | undefined): FlatMetrics =>
  Object.fromEntries(Object.entries(measures ?? {}).map(([name, value]) => [`${part}_${name}`, value]));

const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;

async function trainWhole(tf: TensorFlow, given: RunTraining): Promise<Trained> {
  const lora = given.run.role === 'main' ? given.spec.lora : undefined;
  const training = lora ? { ...given, start: new Map([...given.start, ...startOfLora(given.spec.architecture, lora, given.run.seed)]) } : given;
  const { spec, run, stages, data, start, from } = training;
  const classes = data.train.targets.of.dtype === 'int32' ? spec.class_names.length : null;
  const objective = makeObjective(tf, { ...spec.training, deviations: spec.target?.scale?.deviation ?? null }, classes);
  const network = await buildNetwork(tf, asTrained(spec.architecture, spec.training.loss.name), start, lora);
  const teachers = new Map<string, Network>();
  try {
    for (const { model, architecture, weights } of training.teachers) teachers.set(model, await buildNetwork(tf, asTrained(architecture, spec.training.loss.name), weights));
    const early = spec.training.early_stopping;
    const best = early ? new BestEpoch(early, from) : undefined;
    const interpolated = spec.wise_ft && run.role === 'main' ? new InterpolationStart(spec.wise_ft, start, from) : undefined;
    const { watcher, seen, mostSteps } = watch(training, { best, interpolated }, () => network.readWeights());
    const fitData = data.validation ? { train: data.train, validation: data.validation } : { train: data.train };
    const featuresOf = async (trunk: Trunk, examples: Examples): Promise<Rows> => {
      const { rows, use } = await keptFeatures(tf, training, trunk, examples);
      tellOfFeatures(training, trunk.architecture, use);
      return rows;
    };
    const settings: FitSettings = { ...spec.training, objective, stages, seed: run.seed, mostSteps, featuresOf, origin: { weights: start, carried: carriedIn(spec), teachers } };
    const verdict = await fit(tf, network, fitData, settings, watcher, from);
    if (verdict === 'pause') throw new Paused(`run ${run.run} was left off`);
    // Before the test, whose time is none of training's.
    const told = seen();
    if (best && told.bestEpoch != null) network.writeWeights(best.weights);
    const ofLora = lora && factorsOf(network.readWeights(), lora);
    if (lora) network.writeWeights(merged(network.readWeights(), lora));
    const interpolation = interpolated && (await interpolate(tf, training, network, objective, interpolated));
    const last = { ...told.last, ...interpolation?.curve.find(({ alpha }) => alpha === interpolation.alpha)?.metrics };
    return { ...told, last, ...(interpolation !== undefined && { interpolation }), weights: new Map([...network.readWeights(), ...(ofLora ?? [])]), test: await evaluate(tf, network, data.test, objective) };
  } finally {
    network.dispose();
    teachers.forEach((teacher) => teacher.dispose());
  }
}

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

/**
 * Turns what the loop tells into events and metrics, keeps count of what was told of the run, in earlier attempts too, and ends it when
 * its budget is used up, or no better epoch comes.
 */
function watch({ spec, run, stages, start, listener, from, budget, isOver }: RunTraining, { best, interpolated }: { best: BestEpoch | undefined; interpolated: InterpolationStart | undefined }, readWeights: () => Weights): { watcher: FitListener; seen: () => Told; mostSteps: number } {
  const last: FlatMetrics = { ...from?.metrics };
  let examples = from?.examplesSeen ?? 0;
  let steps = from?.cursor.step ?? 0;
  let ending = COMPLETED;
  const startMs = performance.now();
  const secondsSpent = (): number => (from?.seconds ?? 0) + secondsSince(startMs);
  const seen = (): Told => {
    const told = { examplesSeen: examples, seconds: secondsSpent(), end: { steps, ...ending } };
    if (!best) return { ...told, last };
    const kept = spec.training.early_stopping?.restore_best ? best.state : undefined;
    return { ...told, last: kept?.metrics ?? last, bestEpoch: kept?.epoch ?? null, choice: stages.length > 1 ? best.choice : undefined };
  };
  const epochs = epochsOf(stages);
  const { run: name, role } = run;

  /** A run that has taken all its steps is complete, whatever ends it at that moment. */
  const stopIf = (why: RunEnding | undefined): boolean => {
    if (!why || steps === stepsOf(stages)) return false;
    ending = why;
    listener.onEvent('run.stopped', { run: name, role, steps, ...ending });
    return true;
  };
  const budgetEnd = (epochEnded: boolean): RunEnding | undefined => {
    const part = usedUp(budget, { step: steps, seconds: secondsSpent(), epochEnded, metrics: last }) ?? (isOver() ? 'seconds' : undefined);
    return part && { stop_reason: 'budget', budget_reached: part };
  };
  /** A baseline takes the steps of its main run: it is stopped by their number alone. */
  const enough = (epochEnded: boolean): RunEnding | undefined => budgetEnd(epochEnded) ?? (epochEnded && run.role === 'main' && best?.isOver ? EARLY_STOPPED : undefined);
  // What ended the run before ends it again: a checkpoint may have been left at that very place.
  const mostSteps = from && stopIf(enough(from.sums === undefined)) ? steps : (budget?.steps ?? Infinity);

  const watcher: FitListener = {
    onStage(stage, taken) {
      const captured = 'operations' in taken;
      const how = captured ? { operations: taken.operations, why_not: null } : { operations: null, why_not: taken.plainly };
      listener.onEvent('run.steps_ready', { run: name, role, stage, captured, ...how });
    },
    onStageEnd: (stage) => interpolated?.see(stage, readWeights),
    goesOn(stage) {
      const { unless } = stages[stage]!;
      return !(unless && isMet(unless, last) && stopIf(EARLY_STOPPED));
    },
    onSolved: (stage, how) => listener.onEvent('run.solved', { run: name, role, stage, ...how }),
    async onSteps(position, mean, examplesSeen, endsEpoch) {
      listener.onMetrics([{ run: name, role, ...position, values: { ...mean } }]);
      examples += examplesSeen;
      await listener.onSteps(run, position, { examples: examplesSeen, seconds: secondsSpent(), endsEpoch });
    },
    async onEpoch(position, train, validation) {
      const validated = prefixed('val', validation);
      listener.onMetrics([{ run: name, role, ...position, values: { ...prefixed('epoch', train), ...validated } }]);
      Object.assign(last, train, validated);
      best?.see(position, last, position.stage === stages.length - 1, readWeights);
      listener.onEvent('epoch.finished', { run: name, role, stage: position.stage, epoch: position.epoch, epochs, metrics: { ...last } });
    },
    async onCall({ step, epochEnded }, snapshot) {
      steps = step;
      const save = (): RunState => {
        const { tensors, ...where } = snapshot();
        // What is not trained is part of the weights too: the trunk that gave the features.
        const kept = [...(best?.weights ?? [])].map(([path, values]) => [`${BEST}${path}`, values] as const);
        return { ...where, examplesSeen: examples, seconds: secondsSpent(), metrics: { ...last }, best: best?.state, tensors: new Map([...start, ...tensors, ...kept, ...(interpolated?.tensors ?? [])]) };
      };
      const verdict = (await listener.onCall?.(run, { epochEnded, metrics: last }, save)) ?? 'go';
      if (verdict === 'pause') return verdict;
      return stopIf(verdict === 'stop' ? USER_STOP : enough(epochEnded)) ? 'stop' : 'go';
    },
  };
  return { watcher, seen, mostSteps };
}

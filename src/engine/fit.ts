// The training loop. tfjs's own `fit` cannot be seeded, resumed exactly or scheduled, so this one is ours.
import { CallSize } from './call-size.js';
import type { Cursor, EpochSums, NamedTensors } from './checkpoint.js';
import type { FlatMetrics } from '../contract/run.js';
import type { SolverSettings } from '../contract/solvers.js';
import { epochsOf, stepsOf, type RateGroup, type Stage } from '../contract/training-specs.js';
import type { Examples } from './examples.js';
import { Evaluation } from './evaluate.js';
import type { Feed } from './feed.js';
import type { TensorFlow } from './native.js';
import type { Network } from './network.js';
import type { Measures } from './objectives/objective.js';
import { openStage, type StageSettings } from './open-stage.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { makeOptimizer } from './optimizers/registry.js';
import { Plateau, type PlateauState } from './plateau.js';
import { Reports, type Report } from './reports.js';
import { scheduleOf } from './schedules.js';
import { solveBehind, type RowsOf, type StageToSolve } from './solve-behind.js';
import { makeStepMaps, type StepMapSettings } from './step-maps/registry.js';
import { asPublished, putInPlace } from './step-maps/standing.js';
import type { StepMap } from './step-maps/step-map.js';
import type { Steps } from './steps.js';

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
  /** A stage was solved, in so many iterations; whether it converged. */
  onSolved?(stage: number, how: { iterations: number; converged: boolean }): void;
  /** Before a stage that is not the first begins. @returns false: training ends here. @default it goes on */
  goesOn?(stage: number): boolean;
  /**
   * Means over the examples of the steps since the last call.
   * @param endsEpoch whether no step follows in this epoch
   */
  onSteps(position: Position, mean: Measures, examplesSeen: number, endsEpoch: boolean): Promise<void>;
  /** After an epoch, also one that was cut short: what it came to by then. */
  onEpoch(position: Position, train: Measures, validation: Measures | undefined): Promise<void>;
  /** After the last step of a stage, or its solution, while the network is as it would be published; told again where the run is gone on with from there. */
  onStageEnd?(stage: number): void;
  /**
   * Between two calls into TensorFlow, where the run may be left and gone on with later.
   * @param at the last step taken, and whether it was the last of its epoch
   * @param snapshot all that is needed to go on; it costs a copy of the state
   * @returns how to go on; with "go" where nobody asks
   */
  onCall?(at: { step: number; epochEnded: boolean }, snapshot: () => Snapshot): Promise<Verdict>;
}

/** A run between two calls: what `fit` needs to go on as if it had never stopped. */
export interface Snapshot {
  cursor: Cursor;
  /** Sums of the running epoch's measures so far; undefined between epochs. */
  sums: EpochSums | undefined;
  /** Of a stage whose rate falls when a metric stops getting better. */
  plateau?: PlateauState | undefined;
  /** Weights by path; slots of the optimizer and of maps after each step by `path/slot`. */
  tensors: NamedTensors;
}

export interface FitData {
  train: Examples;
  validation?: Examples;
}

export interface FitSettings extends StageSettings, StepMapSettings {
  stages: readonly Stage[];
  /** What a stage that is solved behind features has them from. */
  featuresOf?: RowsOf;
  /** No step after this one is taken, of all stages. @default every step */
  mostSteps?: number;
}

/**
 * Trains a network that gives what the objective asks for, stage by stage, in place; it ends as it is to be published.
 * @param from where an earlier run was left; its values take the place of the network's
 * @returns "go" after the last step; else the verdict that ended it before ("stop" after the most steps), the variables being those of the last step told
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
  const epochs = epochsOf(settings.stages);
  const validation = data.validation && new Evaluation(tf, network, data.validation, settings.objective, epochs);
  const { epoch, step } = from?.cursor ?? { epoch: 0, step: 0 };
  const maps = makeStepMaps(tf, settings, network.learningOf(settings.stages.flatMap(({ trainable }) => trainable)));
  const fitting: Fitting = { network, data, validation, settings, optimizer, maps, listener, position: { stage: 0, epoch, step } };
  try {
    if (from) {
      optimizer.restore(network.variables, from.tensors);
      network.writeWeights(from.tensors);
      restoreState(tf, maps, from.tensors);
    }
    const verdict = await fitStages(tf, fitting, from);
    if (verdict !== 'pause') putInPlace(tf, network, maps);
    return verdict;
  } finally {
    validation?.dispose();
    optimizer.dispose();
    tf.dispose(maps.flatMap(({ state }) => [...state.values()]));
  }
}

async function fitStages(tf: TensorFlow, fitting: Fitting, from: Snapshot | undefined): Promise<Verdict> {
  const { settings } = fitting;
  for (const [index, stage] of settings.stages.entries()) {
    const begun = index === from?.cursor.stage ? from : undefined;
    const done = index < (from?.cursor.stage ?? 0) || begun?.cursor.epochsOfStage === stage.epochs;
    if (begun && done) await tellStageEnd(tf, fitting, index);
    if (done) continue;
    if (isEnough(fitting, begun) || (index > 0 && !begun && fitting.listener.goesOn?.(index) === false)) return 'stop';
    fitting.position.stage = index;
    const verdict = stage.solver ? await solveStage(tf, fitting, stage, stage.solver) : await trainStage(tf, fitting, stage, begun);
    if (verdict !== 'go') return verdict;
    await tellStageEnd(tf, fitting, index);
  }
  return 'go';
}

/** What stays the same over the stages, and where the loop is. */
interface Fitting {
  network: Network;
  data: FitData;
  validation: Evaluation | undefined;
  settings: FitSettings;
  optimizer: Optimizer;
  maps: readonly StepMap[];
  listener: FitListener;
  position: Position;
}

/** Whether the most steps were taken. An epoch that was left halfway is ended first. */
const isEnough = ({ position, settings }: Fitting, begun?: Snapshot): boolean =>
  position.step >= (settings.mostSteps ?? Infinity) && (begun?.cursor.examples ?? 0) === 0;

/** Trains a stage, or what is left of it. */
async function trainStage(tf: TensorFlow, fitting: Fitting, stage: Stage, begun: Snapshot | undefined): Promise<Verdict> {
  const { network, data, settings, optimizer, maps, listener, position } = fitting;
  const before = settings.stages.slice(0, position.stage);
  maps.forEach((map) => map.countFrom(stepsUntilSolved(before)));
  const opened = openStage(tf, network, data.train, settings, { optimizer, maps }, stage);
  const { steps, feed, rates, taken } = opened;
  listener.onStage(position.stage, taken);
  const stepsBefore = stepsOf(before);
  const plateau = stage.schedule?.name === 'reduce_on_plateau' ? new Plateau(stage.schedule, begun?.plateau) : undefined;
  const running: RunningStage = {
    steps, feed, size: new CallSize(), rates: ratesOf(stage, rates, stepsBefore, plateau), plateau, lastStep: stepsBefore + stage.steps, epochsDone: begun?.cursor.epochsOfStage ?? 0,
  };
  try {
    let verdict = await trainEpoch(tf, fitting, stage, running, begun);
    while (verdict === 'go' && running.epochsDone < stage.epochs) {
      verdict = isEnough(fitting) ? 'stop' : await trainEpoch(tf, fitting, stage, running);
    }
    steps.sync();
    return verdict;
  } finally {
    opened.dispose();
  }
}

/** Solves a stage. What it comes to stands for all its steps; one that is left halfway begins again. */
async function solveStage(tf: TensorFlow, fitting: Fitting, stage: Stage, solver: SolverSettings): Promise<Verdict> {
  const { network, data, settings, maps, listener, position } = fitting;
  const before = tensorsOf(fitting);
  const cursor = { ...position, epochsOfStage: 0, examples: 0 };
  network.context.learning = new Set();
  let verdict = 'go' as Verdict;
  const toSolve: StageToSolve = { network, objective: settings.objective, examples: data.train, stage, solver, featuresOf: settings.featuresOf };
  const { iterations, converged, measures, examplesSeen } = await solveBehind(tf, toSolve, async () => {
    verdict = (await listener.onCall?.({ step: position.step, epochEnded: false }, () => ({ cursor, sums: undefined, tensors: before }))) ?? 'go';
    return verdict === 'go';
  });
  if (verdict === 'pause') return verdict;
  maps.forEach((map) => map.restart());
  position.epoch += verdict === 'go' ? stage.epochs : 1;
  if (verdict === 'go') position.step = Math.min(position.step + stage.steps, settings.mostSteps ?? Infinity);
  listener.onSolved?.(position.stage, { iterations, converged });
  await listener.onSteps({ ...position }, measures, examplesSeen, true);
  await tellEpoch(tf, fitting, measures);
  if (verdict === 'stop') return verdict;
  const after = (): Snapshot => ({ cursor: { ...position, epochsOfStage: stage.epochs, examples: 0 }, sums: undefined, tensors: tensorsOf(fitting) });
  return (await listener.onCall?.({ step: position.step, epochEnded: true }, after)) ?? 'go';
}

/** The rate of each group goes through the stage by its schedule, all in the same way. */
function ratesOf(stage: Stage, groups: readonly RateGroup[], stepsBefore: number, plateau: Plateau | undefined): RunningStage['rates'] {
  const schedule = scheduleOf(stage.schedule);
  return (stepsDone, count) => groups.map(({ learning_rate: rate }) => Float32Array.from({ length: count }, (_, index) => rate * (plateau?.state.factor ?? 1) * schedule(stepsDone + index - stepsBefore, stage.steps)));
}

/** A stage at work. */
interface RunningStage {
  steps: Steps;
  feed: Feed;
  size: CallSize;
  /** Of each group of variables, the learning rate of so many steps after one of the run. */
  rates: (stepsDone: number, count: number) => Float32Array[];
  plateau: Plateau | undefined;
  /** Of the run; it may end the stage's last epoch early. */
  lastStep: number;
  epochsDone: number;
}

/** Trains an epoch, or what is left of it, call by call. One that is stopped is told of and validated like a whole one. */
async function trainEpoch(tf: TensorFlow, fitting: Fitting, stage: Stage, running: RunningStage, begun?: Snapshot): Promise<Verdict> {
  const { data, validation, settings, listener, position } = fitting;
  const { steps, feed, size, rates, lastStep } = running;
  const { batch_size: batchSize, objective, seed, mostSteps = Infinity } = settings;
  const until = Math.min(lastStep, mostSteps);
  const examplesDone = begun?.cursor.examples ?? 0;
  if (examplesDone === 0) position.epoch += 1;
  const reports = new Reports(objective.measures, position.step, data.train.count, batchSize, begun?.sums);

  const tell = async (told: Iterable<Report>, ended = false): Promise<void> => {
    for (const { mean, examples, step } of told) await listener.onSteps({ ...position, step }, mean, examples, ended || reports.complete || step === until);
  };
  const isDone = (): boolean => reports.complete || position.step === lastStep;

  for await (const rows of size.calls(feed.shuffled(seed, position.epoch, examplesDone), batchSize, until - position.step)) {
    const ofSteps = rates(reports.stepsTaken, Math.ceil(rows.length / batchSize));
    await tell(reports.add(size.timed(() => steps.take(rows, reports.stepsTaken + 1, ofSteps))));
    position.step = reports.stepsTaken;
    if (isDone()) break;
    const verdict = await betweenCalls(fitting, running, reports.wholeEpoch.examples, reports.state);
    if (verdict === 'pause') return verdict;
    if (verdict === 'stop') break;
  }

  await tell(reports.rest(), true);
  if (isDone()) running.epochsDone += 1;
  if (validation || running.epochsDone === stage.epochs) steps.sync();
  const metrics = await tellEpoch(tf, fitting, reports.wholeEpoch.mean());
  running.plateau?.see(metrics);
  return isDone() ? betweenCalls(fitting, running, 0, undefined) : 'stop';
}

/** What an epoch came to, while the network is as it would be published. @returns its metrics by their flat names */
const tellEpoch = (tf: TensorFlow, { network, maps, validation, listener, position }: Fitting, train: Measures): Promise<FlatMetrics> =>
  asPublished(tf, network, maps, async () => {
    const validated = (await validation?.measure())?.measures;
    await listener.onEpoch({ ...position }, train, validated);
    return { ...train, ...Object.fromEntries(Object.entries(validated ?? {}).map(([name, value]) => [`val_${name}`, value])) };
  });

const tellStageEnd = (tf: TensorFlow, { network, maps, listener }: Fitting, stage: number): Promise<void> =>
  asPublished(tf, network, maps, async () => listener.onStageEnd?.(stage));

/** Lets the listener decide, and take a snapshot if it wants one. */
async function betweenCalls(fitting: Fitting, { steps, epochsDone, plateau }: RunningStage, examples: number, sums: EpochSums | undefined): Promise<Verdict> {
  const { listener, position } = fitting;
  const snapshot = (): Snapshot => {
    steps.sync();
    return { cursor: { ...position, epochsOfStage: epochsDone, examples }, sums, ...(plateau && { plateau: plateau.state }), tensors: tensorsOf(fitting) };
  };
  return (await listener.onCall?.({ step: position.step, epochEnded: sums === undefined }, snapshot)) ?? 'go';
}

/** Copies of all values, as they are now. */
const tensorsOf = ({ network, optimizer, maps }: Fitting): NamedTensors =>
  new Map([...network.variables, ...optimizer.slots, ...maps.flatMap(({ state }) => [...state])].map(([name, variable]) => [name, Float32Array.from(variable.dataSync())]));

/** Gives what maps keep the values it had. */
function restoreState(tf: TensorFlow, maps: readonly StepMap[], values: NamedTensors): void {
  for (const [name, variable] of maps.flatMap(({ state }) => [...state])) tf.tidy(() => variable.assign(tf.tensor(values.get(name)!, variable.shape, 'float32')));
}

/** Steps of these stages up to where one of them was solved, at last. */
const stepsUntilSolved = (stages: readonly Stage[]): number => stepsOf(stages.slice(0, stages.findLastIndex(({ solver }) => solver !== undefined) + 1));

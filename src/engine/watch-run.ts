// A run as it is told of while it trains: what the loop says as events and metrics, what a checkpoint keeps of it, and what ends it before its last step.
import type { EventData, EventType } from '../contract/event.js';
import type { FlatMetrics, MetricPoint, RunEnd, RunPlan, StageChoice } from '../contract/run.js';
import { epochsOf, stepsOf, type ResolvedSpec, type Stage } from '../contract/training-specs.js';
import type { Weights } from '../models/weights.js';
import { BEST, type BestEpoch, type BestState } from './best-epoch.js';
import { COMPLETED, EARLY_STOPPED, isMet, USER_STOP, usedUp, type RunBudget, type RunEnding } from './budget.js';
import type { FitListener, Snapshot, Verdict } from './fit.js';
import type { Measures } from './objectives/objective.js';
import type { InterpolationStart } from './wise-ft.js';

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

/** What is to be known of a run to tell of it. */
export interface WatchedRun {
  spec: ResolvedSpec;
  run: RunPlan;
  stages: readonly Stage[];
  start: Weights;
  listener: RunListener;
  from: RunState | undefined;
  budget: RunBudget;
  isOver: () => boolean;
}

/** What has been told of a run. */
export interface Told {
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
export const prefixed = (part: 'epoch' | 'val' | 'test', measures: Measures | undefined): FlatMetrics =>
  Object.fromEntries(Object.entries(measures ?? {}).map(([name, value]) => [`${part}_${name}`, value]));

export const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;

/**
 * Turns what the loop tells into events and metrics, keeps count of what was told of the run, in earlier attempts too, and ends it when
 * its budget is used up, or no better epoch comes.
 */
export function watchRun(
  { spec, run, stages, start, listener, from, budget, isOver }: WatchedRun,
  { best, interpolated }: { best: BestEpoch | undefined; interpolated: InterpolationStart | undefined },
  readWeights: () => Weights,
): { watcher: FitListener; seen: () => Told; mostSteps: number } {
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
  const enough = (epochEnded: boolean): RunEnding | undefined => budgetEnd(epochEnded) ?? (epochEnded && run.role !== 'baseline' && best?.isOver ? EARLY_STOPPED : undefined);
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

// When a run has had enough. What has been spent is part of a checkpoint, so that a run that is gone on with ends where it would have.
import type { BudgetPart, Until } from '../contract/budget.js';
import type { FlatMetrics, RunPlan, RunResult } from '../contract/run.js';
import type { ResolvedSpec } from '../contract/training-specs.js';

export type RunBudget = ResolvedSpec['training']['budget'];
/** Why a run trained no longer. */
export type RunEnding = Pick<RunResult, 'stop_reason' | 'budget_reached'>;

export const COMPLETED: RunEnding = { stop_reason: 'completed', budget_reached: null };
export const EARLY_STOPPED: RunEnding = { stop_reason: 'early_stopped', budget_reached: null };
export const USER_STOP: RunEnding = { stop_reason: 'user_stop', budget_reached: null };

/** A baseline is compared with the main run of its seed: it gets as many steps as that took, whatever ended it. */
export const budgetOf = ({ training }: ResolvedSpec, { role }: RunPlan, main: RunResult | undefined): RunBudget =>
  role !== 'baseline' || !main ? training.budget : { steps: main.steps, until: null, seconds: null };

/** Where a run stands between two calls. */
interface Spent {
  step: number;
  seconds: number;
  epochEnded: boolean;
  /** Those of the epoch that has just ended, where one has. */
  metrics: FlatMetrics;
}

/** The part of the budget that is used up; of several the one that comes the same in every run. */
export function usedUp(budget: RunBudget, { step, seconds, epochEnded, metrics }: Spent): BudgetPart | undefined {
  if (budget === null) return undefined;
  if (step >= (budget.steps ?? Infinity)) return 'steps';
  if (budget.until && epochEnded && isMet(budget.until, metrics)) return 'until';
  return seconds >= (budget.seconds ?? Infinity) ? 'seconds' : undefined;
}

/** Whether what was measured is that good. */
export function isMet(until: Until, metrics: FlatMetrics): boolean {
  const value = metrics[until.metric];
  if (value === undefined) return false;
  return 'at_least' in until ? value >= until.at_least : value <= until.at_most;
}

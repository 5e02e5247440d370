// A budget of training with nothing left open: one that can be used up, by what the run measures.
import type { Budget, BudgetRequest, Until } from '../contract/budget.js';
import { ServiceError } from '../contract/errors.js';
import type { Task } from '../contract/task.js';
import { epochMetrics, isBetterHigher } from '../contract/metrics.js';

/** What decides whether a budget makes sense. */
interface Budgeted {
  classes: number;
  /** @default classification */
  task?: Task | undefined;
  /** Whether anything is measured after each epoch. */
  validates: boolean;
  /** The limit on the job's time at work, where there is one. */
  runSeconds: number | undefined;
  /** Whether its seconds are those of all of the job. */
  ofJob?: boolean;
}

/** Why there is no metric of validation. */
export const NOT_VALIDATED = 'without training.validation_split, or a validation part in the data set, there is nothing to measure it on';
const POINTER = '/training/budget';

/** @throws METRIC_NOT_MEASURED, INVALID_VALUE, with the pointer of what is wrong */
export function resolveBudget(asked: BudgetRequest | undefined, { classes, task, validates, runSeconds, ofJob = false }: Budgeted): Budget | null {
  if (asked === undefined) return null;
  const { steps = null, until = null, seconds = null } = asked;
  if (until) requireMeasured(until, { classes, task, validates }, `${POINTER}/until`);
  if (seconds !== null && seconds >= (runSeconds ?? Infinity)) {
    throw ServiceError.of('INVALID_VALUE', `must be less than limits.run_seconds (${runSeconds}), or the job expires first`).at(`${POINTER}/seconds`);
  }
  return ofJob && seconds !== null ? { steps, until, seconds: null, job_seconds: seconds } : { steps, until, seconds };
}

/** @throws METRIC_NOT_MEASURED where nothing measures it after each epoch */
export function requireEpochMetric(metric: string, { classes, task, validates }: Omit<Budgeted, 'runSeconds' | 'ofJob'>, pointer: string): void {
  const metrics = epochMetrics(classes, validates, task);
  if (!metrics.includes(metric)) throw ServiceError.of('METRIC_NOT_MEASURED', metric, whyNot(metric, epochMetrics(classes, true, task), metrics)).at(pointer);
}

/** Checks that the metric is measured, and bounded on the side on which it gets better. @throws METRIC_NOT_MEASURED, INVALID_VALUE */
export function requireMeasured(until: Until, measuring: Omit<Budgeted, 'runSeconds' | 'ofJob'>, pointer: string): void {
  requireEpochMetric(until.metric, measuring, `${pointer}/metric`);
  const [bound, wanted] = ['at_least' in until ? 'at_least' : 'at_most', isBetterHigher(until.metric) ? 'at_least' : 'at_most'];
  if (bound !== wanted) throw ServiceError.of('INVALID_VALUE', `must be given as ${wanted} for ${until.metric}`).at(`${pointer}/${bound}`);
}

function whyNot(metric: string, whenValidated: readonly string[], metrics: readonly string[]): string {
  if (metric.startsWith('test_')) return 'the test part is measured once, after training';
  if (whenValidated.includes(metric)) return NOT_VALIDATED;
  return `after each epoch there are ${metrics.join(', ')}`;
}

// Whether transfer helped: the same network with and without what was carried over, by the same seeds, steps and order of data. Only
// pairs are compared, since runs of one seed share what makes single runs lucky or not.
import { isBetterHigher, PRIMARY_METRIC } from '../contract/metrics.js';
import { partnerOf, type RunResult } from '../contract/run.js';
import type { Task } from '../contract/task.js';
import type { Comparison, Interval, Pair, Verdict } from '../contract/transfer-report.js';
import { boundOfT } from './student-t.js';

/** How often an interval made like this holds the difference that infinitely many seeds would show. */
export const CONFIDENCE = 0.95;

export interface Compared {
  comparison: Comparison | null;
  verdict: Verdict;
  /** In a sentence or two. */
  why: string;
}

/** What the runs of a job say side by side; runs without a partner say nothing. */
export function compareRuns(runs: readonly RunResult[], task: Task): Compared {
  const metric = PRIMARY_METRIC[task];
  const pairs = runs.filter(({ role }) => role === 'main').flatMap((main): Pair[] => {
    const [transfer, scratch] = [main, partnerOf(main, runs)].map((run) => run?.metrics[metric]);
    if (transfer === undefined || scratch === undefined) return [];
    return [{ seed: main.seed, transfer, scratch, difference: isBetterHigher(metric) ? transfer - scratch : scratch - transfer }];
  });
  if (pairs.length === 0) return { comparison: null, verdict: 'cannot_tell', why: 'There was no baseline run to compare with: ask for one with baseline.scratch.' };
  const interval = intervalOf(pairs.map(({ difference }) => difference));
  const comparison: Comparison = {
    metric,
    transfer: mean(pairs.map(({ transfer }) => transfer)),
    scratch: mean(pairs.map(({ scratch }) => scratch)),
    difference: mean(pairs.map(({ difference }) => difference)),
    interval,
    seeds: pairs.length,
    pairs,
  };
  return { comparison, ...verdictOf(interval, pairs.length) };
}

/** Student's interval of the mean of paired differences; null for one, which shows no spread. */
export function intervalOf(differences: readonly number[], confidence = CONFIDENCE): Interval | null {
  const count = differences.length;
  if (count < 2) return null;
  const middle = mean(differences);
  const variance = differences.reduce((sum, difference) => sum + (difference - middle) ** 2, 0) / (count - 1);
  const reach = boundOfT(confidence, count - 1) * Math.sqrt(variance / count);
  return [middle - reach, middle + reach];
}

function verdictOf(interval: Interval | null, seeds: number): Pick<Compared, 'verdict' | 'why'> {
  if (!interval) return { verdict: 'cannot_tell', why: 'One seed cannot tell a difference from chance: ask for more with baseline.seeds.' };
  const [low, high] = interval;
  const range = `from ${written(low)} to ${written(high)}`;
  if (low > 0) return { verdict: 'helps', why: `Over ${seeds} seeds the whole interval of the difference, ${range}, lies above 0: transfer is better.` };
  if (high < 0) return { verdict: 'hurts', why: `Over ${seeds} seeds the whole interval of the difference, ${range}, lies below 0: transfer is worse.` };
  return { verdict: 'cannot_tell', why: `Over ${seeds} seeds the interval of the difference, ${range}, holds 0: what was seen may be chance.` };
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const written = (value: number): string => String(Number(value.toPrecision(3)));

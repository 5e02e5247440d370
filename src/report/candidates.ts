// Plans side by side: each over its seeds, and each held against the best of them by pairs of one seed.
import type { AgainstBest, CandidateSeed, CandidateVerdict, ComparedCandidate, CompareReport } from '../contract/compare-report.js';
import { isBetterHigher, PRIMARY_METRIC } from '../contract/metrics.js';
import type { RunResult } from '../contract/run.js';
import type { CompareSpec } from '../contract/training-specs.js';
import type { Interval } from '../contract/transfer-report.js';
import { CONFIDENCE, intervalOf, mean } from './comparison.js';
import { proportionOf } from './wilson.js';

/** @param results of the runs that ended */
export function compareCandidates(job: { id: string; name: string | null }, spec: CompareSpec, results: readonly RunResult[], testExamples: number): CompareReport {
  const task = spec.candidates.every(({ spec: { target } }) => target) ? 'regression' : 'classification';
  const metric = PRIMARY_METRIC[task];
  const validation = metric.replace('test_', 'val_');
  // Who is chosen by what is then told of it looks better than it is.
  const validates = results.length > 0 && results.every(({ metrics }) => metrics[validation] !== undefined);
  const chosenBy = validates ? validation : metric;
  const runsOf = new Map(spec.candidates.map(({ name }) => [name, results.filter(({ candidate }) => candidate === name)]));
  const begun = [...runsOf].filter(([, runs]) => runs.length > 0);
  const shared = spec.seeds.filter((seed) => begun.every(([, runs]) => runs.some((run) => run.seed === seed)));
  const chosenByMean = (runs: readonly RunResult[]): number | null => meanOrNull(runs.filter(({ seed }) => shared.includes(seed)).map(({ metrics }) => metrics[chosenBy]!));
  const means = begun.map(([name, runs]) => ({ name, mean: chosenByMean(runs)! }));
  const best = means.reduce<(typeof means)[number] | undefined>((so, next) => (so && gain(chosenBy, next.mean, so.mean) <= 0 ? so : next), undefined)?.name ?? null;

  const others = begun.length - 1;
  return {
    object: 'compare_report',
    job: job.id,
    name: job.name,
    dataset: spec.dataset,
    task,
    test_examples: testExamples,
    metric,
    chosen_by: chosenBy,
    seeds: spec.seeds,
    best,
    candidates: spec.candidates.map(({ name, spec: { base_model: base } }): ComparedCandidate => {
      const runs = runsOf.get(name)!;
      const values = runs.map(({ metrics }) => metrics[metric]!);
      return {
        name,
        base_model: typeof base === 'string' ? base : null,
        seeds: runs.map((run) => seedOf(run, testExamples)),
        mean: meanOrNull(values),
        low: values.length === 0 ? null : Math.min(...values),
        high: values.length === 0 ? null : Math.max(...values),
        interval: intervalOf(values),
        chosen_by_mean: chosenByMean(runs),
        seconds: medianOrNull(runs.map(({ seconds }) => seconds)),
        to_best: best === null || name === best || runs.length === 0 ? null : againstBest(runs, runsOf.get(best)!, metric, others),
      };
    }),
  };
}

function seedOf({ run, seed, steps, stop_reason, budget_reached, best_epoch, interpolation, choice, metrics, weights_digest, seconds }: RunResult, testExamples: number): CandidateSeed {
  return {
    run, seed, steps, stop_reason, budget_reached,
    ...(best_epoch !== undefined && { best_epoch }),
    ...(interpolation !== undefined && { interpolation }),
    ...(choice && { choice }),
    metrics,
    accuracy: metrics.test_accuracy === undefined ? null : proportionOf(metrics.test_accuracy, testExamples),
    ...(weights_digest !== undefined && { weights_digest }),
    seconds,
  };
}

/** @param others how many candidates are held against the best: each of their intervals gets its part of what may go wrong */
export function againstBest(runs: readonly RunResult[], best: readonly RunResult[], metric: string, others: number): AgainstBest | null {
  const differences = runs.flatMap((run) => {
    const partner = best.find(({ seed }) => seed === run.seed);
    return partner ? [gain(metric, run.metrics[metric]!, partner.metrics[metric]!)] : [];
  });
  if (differences.length === 0) return null;
  const corrected = intervalOf(differences, 1 - (1 - CONFIDENCE) / others);
  return { seeds: differences.length, difference: mean(differences), interval: intervalOf(differences), corrected, verdict: verdictOf(corrected) };
}

function verdictOf(interval: Interval | null): CandidateVerdict {
  if (interval && interval[1] < 0) return 'worse';
  return interval && interval[0] > 0 ? 'better' : 'cannot_tell';
}

/** How much better one value of a metric is than another. */
const gain = (metric: string, value: number, than: number): number => (isBetterHigher(metric) ? value - than : than - value);

const meanOrNull = (values: readonly number[]): number | null => (values.length === 0 ? null : mean(values));

/** Of an even number the mean of the two in the middle. */
function medianOrNull(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return meanOrNull(sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1));
}

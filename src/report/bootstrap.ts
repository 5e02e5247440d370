// How far a number measured on some examples can be trusted: it is measured again and again on as many of them, drawn with replacement, and what lies
// between the 2.5th and the 97.5th percentile is its interval (Efron 1979; Efron & Tibshirani 1993, chapter 13). Several numbers share the draws, so
// that the difference of two of them has an interval of its own.
import type { Interval } from '../contract/transfer-report.js';
import { stream } from '../engine/random.js';

/** How often such an interval holds what infinitely many examples would show, of enough of them. */
export const CONFIDENCE = 0.95;
/** Examples that are drawn before messages are let through: a few milliseconds. */
const DRAWS_AT_ONCE = 2 ** 18;

/** How often each example was drawn. */
export type Counts = Uint32Array;
/** A number over the examples, each as often as it was drawn; undefined where these tell none. */
export type Statistic = (counts: Counts) => number | undefined;

export interface Resampling {
  examples: number;
  /** How often they are drawn anew. */
  resamples: number;
  seed: number;
  /** Name of the draws: two places do not share them. @default "bootstrap" */
  site?: string;
  /** Awaited now and then, told how many were drawn since; what it throws ends the work. */
  onDrawn?: (draws: number) => Promise<void>;
}

/** The interval of each statistic, by its place; null where fewer than half of the resamples tell one, or there are fewer than two examples. */
export async function bootstrapIntervals(statistics: readonly Statistic[], { examples, resamples, seed, site = 'bootstrap', onDrawn = async () => undefined }: Resampling): Promise<(Interval | null)[]> {
  if (examples < 2) return statistics.map(() => null);
  const values = statistics.map(() => [] as number[]);
  const counts = new Uint32Array(examples);
  let drawn = 0;
  for (let resample = 0; resample < resamples; resample += 1) {
    draw(counts, seed, site, resample);
    for (const [at, statistic] of statistics.entries()) {
      const value = statistic(counts);
      if (value !== undefined && Number.isFinite(value)) values[at]!.push(value);
    }
    drawn += examples;
    if (drawn >= DRAWS_AT_ONCE || resample === resamples - 1) {
      await onDrawn(drawn);
      drawn = 0;
    }
  }
  return values.map((of) => (of.length < resamples / 2 ? null : percentiles(of)));
}

/** As many examples as there are, each draw any of them: a function of seed, site and resample. */
function draw(counts: Counts, seed: number, site: string, resample: number): void {
  counts.fill(0);
  const draws = stream(seed, site, resample);
  for (let at = 0; at < counts.length; at += 1) counts[draws.below(counts.length)]! += 1;
}

/** The (n + 1) · share-th of n values (the sixth definition of Hyndman & Fan 1996): so many lie outside on the average, however few there are. */
function percentiles(values: readonly number[]): Interval {
  const ascending = Float64Array.from(values).sort();
  const at = (share: number): number => between(ascending, Math.min(ascending.length - 1, Math.max(0, share * (ascending.length + 1) - 1)));
  return [at((1 - CONFIDENCE) / 2), at((1 + CONFIDENCE) / 2)];
}

/** Between the two nearest, in proportion (the seventh definition of Hyndman & Fan 1996). @param ascending at least one @param share 0 to 1 */
export const quantile = (ascending: ArrayLike<number>, share: number): number => between(ascending, share * (ascending.length - 1));

function between(ascending: ArrayLike<number>, place: number): number {
  const [below, above] = [Math.floor(place), Math.ceil(place)];
  return ascending[below]! + (place - below) * (ascending[above]! - ascending[below]!);
}

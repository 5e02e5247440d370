// Which rate a range test suggests, as fastai does (fastai/callback/schedule.py): the first tenth of the curve and its last five points are left out.
import { RANGE_STEPS, type RatePoint, type RateReport } from '../contract/rate-report.js';

const LAST_LEFT_OUT = 5;

export function suggestedRates(points: readonly RatePoint[]): RateReport['suggestion'] {
  const looked = points.slice(Math.floor(RANGE_STEPS / 10), -LAST_LEFT_OUT);
  if (looked.length === 0) return { valley: null, minimum: null };
  const losses = looked.map(({ smoothed_loss: loss }) => loss);
  const lowest = losses.indexOf(Math.min(...losses));
  return { valley: looked[valleyAt(losses)]!.learning_rate, minimum: looked[lowest]!.learning_rate / 10 };
}

/** "valley": within the longest falling subsequence, counted back from where it ends, a third and half of a third of it further than its start. */
function valleyAt(losses: readonly number[]): number {
  const lengths = losses.map(() => 1);
  let [start, end] = [0, 0];
  for (let at = 1; at < losses.length; at += 1) {
    for (let before = 0; before < at; before += 1) {
      if (losses[at]! < losses[before]! && lengths[at]! < lengths[before]! + 1) lengths[at] = lengths[before]! + 1;
      if (lengths[end]! < lengths[at]!) [end, start] = [at, at - lengths[at]!];
    }
  }
  const third = (end - start) / 3;
  return Math.max(0, start + Math.floor(third) + Math.floor(third / 2));
}

// Whether one of two models is right more often on the same examples (McNemar 1947): only those tell that one has right and the other wrong. Of few of
// them the binomial test is exact; of more, χ² with the correction for continuity (Edwards 1948) is near enough.
import type { McNemar } from '../contract/evaluate-report.js';
import { chiSquaredTail } from './normal-tail.js';

/** From so many examples on that only one has right. */
const ENOUGH = 25;

/** @param hits whether the model, and the other, has each example right */
export function mcnemar(hits: ArrayLike<boolean>, ofOther: ArrayLike<boolean>): McNemar {
  const counts = { both_right: 0, only_model: 0, only_against: 0, both_wrong: 0 };
  for (let at = 0; at < hits.length; at += 1) counts[hits[at] ? (ofOther[at] ? 'both_right' : 'only_model') : ofOther[at] ? 'only_against' : 'both_wrong'] += 1;
  const { only_model: b, only_against: c } = counts;
  if (b + c < ENOUGH) return { ...counts, test: 'exact', statistic: null, p_value: binomialTwoSided(Math.min(b, c), b + c) };
  // Of equal numbers the correction would overshoot.
  const statistic = Math.max(0, Math.abs(b - c) - 1) ** 2 / (b + c);
  return { ...counts, test: 'chi_squared', statistic, p_value: chiSquaredTail(statistic) };
}

/** How likely a fair coin, thrown so often, shows either side as seldom as that. */
function binomialTwoSided(fewer: number, throws: number): number {
  let term = 0.5 ** throws;
  let sum = 0;
  for (let k = 0; k <= fewer; k += 1) {
    sum += term;
    term *= (throws - k) / (k + 1);
  }
  return Math.min(1, 2 * sum);
}

// How far an accuracy measured on so many examples can be trusted (Wilson 1927): unlike mean ± 1.96 · s it stays within 0 and 1, and
// says something of 0 of 10 and of 10 of 10 too.
import type { Interval, Proportion } from '../contract/transfer-report.js';

/** The normal deviate that 95 % lie within. */
const Z = 1.959963984540054;

export function wilsonInterval(hits: number, examples: number): Interval {
  const share = hits / examples;
  const middle = share + Z ** 2 / (2 * examples);
  const reach = Z * Math.sqrt((share * (1 - share)) / examples + Z ** 2 / (4 * examples ** 2));
  const scale = 1 + Z ** 2 / examples;
  // At the ends the two terms cancel but for their rounding.
  return [hits === 0 ? 0 : (middle - reach) / scale, hits === examples ? 1 : (middle + reach) / scale];
}

/** A share of so many examples, which is a count of them but for rounding; null of none. */
export const proportionOf = (share: number, examples: number): Proportion | null =>
  examples === 0 ? null : { value: share, interval: wilsonInterval(Math.round(share * examples), examples), examples };

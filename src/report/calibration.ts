// Whether a network is right as often as it says it is (Guo, Pleiss, Sun & Weinberger 2017): expected calibration error over 15 bins of
// equal width, and the one temperature that its logits are best divided by.
import type { CalibrationBin } from '../contract/transfer-report.js';

export const BINS = 15;
/** No temperature outside is looked for: a validation part without an error would have it go to 0. */
const TEMPERATURES = { low: 0.05, high: 20 };

/** What a network gave for some examples, before its last activation. */
export interface Logits {
  /** Row by row. One for each class; or one alone, which speaks for the second of two. */
  values: ArrayLike<number>;
  labels: ArrayLike<number>;
  units: number;
}

export interface Confidence {
  /** Of the class that was predicted. */
  probability: number;
  hit: boolean;
}

/** The softmax of each row, or the sigmoid of its one logit, which is the softmax over it and 0. */
export const confidencesOf = (logits: Logits, temperature = 1): Confidence[] =>
  Array.from(rowsOf(logits), ({ row, label }) => {
    const best = row.reduce((top, value, at) => (value > row[top]! ? at : top), 0);
    return { probability: 1 / row.reduce((total, value) => total + Math.exp((value - row[best]!) / temperature), 0), hit: best === label };
  });

/** Bin m holds probabilities in ((m − 1) / 15, m / 15]. */
export function binsOf(confidences: readonly Confidence[]): CalibrationBin[] {
  const bins = Array.from({ length: BINS }, () => ({ examples: 0, confidence: 0, hits: 0 }));
  for (const { probability, hit } of confidences) {
    const bin = bins[Math.min(BINS, Math.max(1, Math.ceil(probability * BINS))) - 1]!;
    bin.examples += 1;
    bin.confidence += probability;
    bin.hits += hit ? 1 : 0;
  }
  return bins.map(({ examples, confidence, hits }, at) => ({
    from: at / BINS,
    to: (at + 1) / BINS,
    examples,
    confidence: examples === 0 ? null : confidence / examples,
    accuracy: examples === 0 ? null : hits / examples,
  }));
}

/** Σ n_m / n · |accuracy_m − confidence_m|. */
export function expectedCalibrationError(bins: readonly CalibrationBin[]): number {
  const all = bins.reduce((total, { examples }) => total + examples, 0);
  return bins.reduce((total, { examples, accuracy, confidence }) => (examples === 0 ? total : total + (examples / all) * Math.abs(accuracy! - confidence!)), 0);
}

/**
 * The temperature by which the likelihood of the labels is greatest. In 1/T the mean of −log p is convex; its slope, the mean of what
 * the softmax expects of the logits less the logit of the label, is 0 there, which halving finds.
 */
export function fitTemperature(logits: Logits): number {
  const slope = (inverse: number): number => {
    let total = 0;
    for (const { row, label } of rowsOf(logits)) {
      const most = Math.max(...row);
      const shares = row.map((value) => Math.exp((value - most) * inverse));
      const all = shares.reduce((sum, share) => sum + share, 0);
      total += row.reduce((sum, value, at) => sum + (value * shares[at]!) / all, 0) - row[label]!;
    }
    return total;
  };
  // A slope below 0, or one that has rounded to it: the likelihood still grows with 1/T, so that T is lower.
  let [low, high] = [Math.log(TEMPERATURES.low), Math.log(TEMPERATURES.high)];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(-middle)) <= 0) high = middle;
    else low = middle;
  }
  return Math.exp((low + high) / 2);
}

function* rowsOf({ values, labels, units }: Logits): Generator<{ row: number[]; label: number }> {
  for (let index = 0; index < labels.length; index += 1) {
    const row = Array.from({ length: units }, (_, unit) => values[index * units + unit]!);
    yield { row: units === 1 ? [0, row[0]!] : row, label: labels[index]! };
  }
}

// Cross-entropy and accuracy: by hand, in their limits, and their gradient.
import { describe, expect, it } from '@jest/globals';
import { crossEntropy } from '#engine/loss.js';
import { loadTensorFlow } from '#engine/native.js';
import { everyTestFreesItsTensors, largestDifference } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const LOGITS = [[1, 2, -0.5], [0.25, -3, 0], [4, 4.5, 3.75], [-1, -1, -1]];
const LABELS = [0, 2, 1, 2];

const measure = (logits: number[][], labels: number[]): { loss: number; accuracy: number } => {
  const [loss, accuracy] = tf.tidy(() => {
    const measures = crossEntropy(tf, tf.tensor2d(logits), tf.tensor1d(labels, 'int32'));
    return tf.stack([measures.loss, measures.accuracy]).dataSync();
  });
  return { loss: loss!, accuracy: accuracy! };
};
/** Mean of −log p(label), in doubles. */
const byHand = (logits: number[][], labels: number[]): number =>
  logits.reduce((sum, row, at) => sum + Math.log(row.reduce((all, value) => all + Math.exp(value), 0)) - row[labels[at]!]!, 0) / logits.length;

describe('cross-entropy', () => {
  it('is the mean of −log p of the label', () => {
    expect(measure(LOGITS, LABELS).loss).toBeCloseTo(byHand(LOGITS, LABELS), 6);
  });

  it.each([2, 3, 10])('is log %d where nothing is known of as many classes', (classes) => {
    const even = [Array.from({ length: classes }, () => 0.7)];
    expect(measure(even, [1]).loss).toBeCloseTo(Math.log(classes), 6);
  });

  it('does not change when all logits of an example move together', () => {
    expect(measure(LOGITS.map((row) => row.map((value) => value + 50)), LABELS).loss).toBeCloseTo(measure(LOGITS, LABELS).loss, 5);
  });

  it('is exact where a probability would round to 0 or 1', () => {
    expect(measure([[0, 200, 0]], [0]).loss).toBeCloseTo(200, 3);
    expect(measure([[0, 200, 0]], [1]).loss).toBeCloseTo(0, 6);
  });

  it('has the gradient that finite differences of the formula give', () => {
    const gradient = tf.tidy(() => {
      const labels = tf.tensor1d(LABELS, 'int32');
      const ofLoss = tf.grad((logits) => crossEntropy(tf, logits, labels).loss);
      return ofLoss(tf.tensor2d(LOGITS)).dataSync();
    });
    const step = 1e-5;
    const moved = (row: number, unit: number, by: number) => LOGITS.map((values, at) => values.map((value, index) => (at === row && index === unit ? value + by : value)));
    const differences = LOGITS.flatMap((values, row) =>
      values.map((_, unit) => (byHand(moved(row, unit, step), LABELS) - byHand(moved(row, unit, -step), LABELS)) / (2 * step)),
    );
    expect(largestDifference(gradient, differences)).toBeLessThan(1e-6);
  });
});

describe('of mixed examples', () => {
  const OTHERS = [1, 2, 0, 0];
  const SHARES = [1, 0.5, 0.25, 0];
  const measureMixed = (labels: number[], other: number[], shares: number[]): number[] =>
    tf.tidy(() => {
      const mixed = { other: tf.tensor1d(other, 'int32'), share: tf.tensor1d(shares) };
      const { loss, accuracy } = crossEntropy(tf, tf.tensor2d(LOGITS), tf.tensor1d(labels, 'int32'), mixed);
      return Array.from(tf.stack([loss, accuracy]).dataSync());
    });

  it('the loss is that of both labels by their shares', () => {
    const expected = LOGITS.reduce((sum, row, at) => sum + SHARES[at]! * byHand([row], [LABELS[at]!]) + (1 - SHARES[at]!) * byHand([row], [OTHERS[at]!]), 0) / 4;
    expect(measureMixed(LABELS, OTHERS, SHARES)[0]).toBeCloseTo(expected, 6);
  });

  it('a share of 1 is no mixing, to the bit', () => {
    const { loss, accuracy } = measure(LOGITS, LABELS);
    expect(measureMixed(LABELS, OTHERS, [1, 1, 1, 1])).toEqual([loss, accuracy]);
  });

  it('the accuracy is that of the label with the larger share, the first where they are even', () => {
    // The largest logits are those of 1, 0, 1, 0.
    expect(measureMixed([1, 0, 0, 2], [0, 2, 1, 0], [0.75, 0.5, 0.25, 0])[1]).toBe(1);
    expect(measureMixed([0, 2, 1, 0], [1, 0, 0, 2], [0.75, 0.5, 0.25, 0])[1]).toBe(0);
  });

  it('has the gradient of the soft label', () => {
    const [gradient, expected] = tf.tidy(() => {
      const [labels, mixed] = [tf.tensor1d(LABELS, 'int32'), { other: tf.tensor1d(OTHERS, 'int32'), share: tf.tensor1d(SHARES) }];
      const soft = LABELS.map((label, at) => [0, 1, 2].map((unit) => (unit === label ? SHARES[at]! : 0) + (unit === OTHERS[at] ? 1 - SHARES[at]! : 0)));
      const logits = tf.tensor2d(LOGITS);
      return [
        tf.grad((values) => crossEntropy(tf, values, labels, mixed).loss)(logits).dataSync(),
        tf.div(tf.sub(tf.softmax(logits), tf.tensor2d(soft)), 4).dataSync(),
      ];
    });
    expect(largestDifference(gradient, expected)).toBeLessThan(1e-6);
  });
});

describe('accuracy', () => {
  it('is the part of the examples whose largest logit is the label’s', () => {
    expect(measure(LOGITS, LABELS).accuracy).toBeCloseTo(1 / 4, 6);
    expect(measure(LOGITS, [1, 0, 1, 0]).accuracy).toBe(1);
    expect(measure(LOGITS, [0, 1, 2, 2]).accuracy).toBe(0);
  });
});

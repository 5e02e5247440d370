// The losses: each by its formula in doubles, with its gradient, in its limits, weighted and mixed.
import { describe, expect, it } from '@jest/globals';
import { LOSSES, resolveLoss, type LossRequest } from '#contract/losses.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { makeObjective } from '#engine/objectives/registry.js';
import type { Targets } from '#engine/targets.js';
import { everyTestFreesItsTensors, largestDifference } from '../../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const OUTPUTS = [[1, 2, -0.5], [0.25, -3, 0], [4, 4.5, 3.75], [-1, -1.25, -1]];
const LABELS = [0, 2, 1, 2];
const VALUES = [[0.5, 2.5, -2], [0, 1, 0.125], [4, -4.5, 3], [1, 1, -1.0625]];

/** A loss of one example in doubles: outputs, what they are held against. */
type ByHand = (outputs: number[], targets: number[]) => number;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const crossEntropy = (smoothing: number): ByHand => (logits, targets) => {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return targets.reduce((sum, y, unit) => sum + ((1 - smoothing) * y + smoothing / logits.length) * (total - logits[unit]!), 0);
};
const binary = (smoothing: number): ByHand => (logits, targets) =>
  mean(logits.map((x, unit) => {
    const z = (1 - smoothing) * targets[unit]! + smoothing / 2;
    return z * Math.log(1 + Math.exp(-x)) + (1 - z) * Math.log(1 + Math.exp(x));
  }));
const differences = (formula: (d: number) => number): ByHand => (outputs, targets) => mean(outputs.map((x, unit) => formula(x - targets[unit]!)));
const huber = (delta: number): ByHand => differences((d) => (Math.abs(d) <= delta ? d * d / 2 : delta * (Math.abs(d) - delta / 2)));

const FORMULAS: [string, LossRequest, ByHand][] = [
  ['sparse categorical cross-entropy', { name: 'sparse_categorical_crossentropy' }, crossEntropy(0)],
  ['categorical cross-entropy', { name: 'categorical_crossentropy' }, crossEntropy(0)],
  ['categorical cross-entropy, smoothed', { name: 'categorical_crossentropy', label_smoothing: 0.2 }, crossEntropy(0.2)],
  ['binary cross-entropy', { name: 'binary_crossentropy' }, binary(0)],
  ['binary cross-entropy, smoothed', { name: 'binary_crossentropy', label_smoothing: 0.3 }, binary(0.3)],
  ['mean squared error', { name: 'mean_squared_error' }, differences((d) => d * d)],
  ['mean absolute error', { name: 'mean_absolute_error' }, differences(Math.abs)],
  ['Huber’s loss', { name: 'huber' }, huber(1)],
  ['Huber’s loss, δ 0.5', { name: 'huber', delta: 0.5 }, huber(0.5)],
];
const oneHot = (label: number, units: number): number[] =>
  units === 1 ? [label] : Array.from({ length: units }, (_, unit) => (unit === label ? 1 : 0));

type Settings = { weights?: number[]; classWeights?: number[]; mixed?: { other: number[]; share: number[] } };

/** Loss over the batch, and its gradient by the outputs. Targets of numbers are classes. */
function measure(asked: LossRequest, outputs: number[][], targets: number[] | number[][], { weights, classWeights, mixed }: Settings = {}) {
  const isClasses = typeof targets[0] === 'number';
  const classes = isClasses ? 3 : null;
  const objective = makeObjective(tf, { loss: resolveLoss(asked), class_weights: classWeights ?? null }, classes);
  return tf.tidy(() => {
    const tensor = (values: number[] | number[][]): Tensor => (isClasses ? tf.tensor1d(values as number[], 'int32') : tf.tensor2d(values));
    const held: Targets = {
      of: tensor(targets),
      ...(weights && { weights: tf.tensor1d(weights) }),
      ...(mixed && { mixed: { other: tensor(mixed.other), share: tf.tensor1d(mixed.share) } }),
    };
    const { value, grad } = tf.valueAndGrad((given) => objective.loss(given, held))(tf.tensor2d(outputs));
    return { loss: (value).dataSync()[0]!, gradient: Array.from(grad.dataSync()) };
  });
}
/** The same by hand: gradients by finite differences. */
function byHand(formula: ByHand, outputs: number[][], targets: number[][]) {
  const lossOf = (given: number[][]): number => mean(given.map((row, at) => formula(row, targets[at]!)));
  const step = 1e-6;
  const moved = (row: number, unit: number, by: number) => outputs.map((values, at) => values.map((value, index) => (at === row && index === unit ? value + by : value)));
  const gradient = outputs.flatMap((values, row) => values.map((_, unit) => (lossOf(moved(row, unit, step)) - lossOf(moved(row, unit, -step))) / (2 * step)));
  return { loss: lossOf(outputs), gradient };
}
const expectAlike = (actual: ReturnType<typeof measure>, expected: ReturnType<typeof measure>): void => {
  expect(actual.loss).toBeCloseTo(expected.loss, 5);
  expect(largestDifference(actual.gradient, expected.gradient)).toBeLessThan(1e-6);
};

it('are all here', () => {
  expect([...new Set(FORMULAS.map(([, { name }]) => name))]).toEqual(LOSSES);
});

describe.each(FORMULAS)('%s', (_, asked, formula) => {
  const takesValues = !asked.name.includes('categorical');

  it('is its formula with its gradient, over classes', () => {
    expectAlike(measure(asked, OUTPUTS, LABELS), byHand(formula, OUTPUTS, LABELS.map((label) => oneHot(label, 3))));
  });

  if (takesValues) {
    it('is its formula with its gradient, over values', () => {
      const values = asked.name === 'binary_crossentropy' ? LABELS.map((label) => oneHot(label, 3).map((z, at) => (at === 2 ? 0.25 : z))) : VALUES;
      expectAlike(measure(asked, OUTPUTS, values), byHand(formula, OUTPUTS, values));
    });

    it('takes one output for two classes', () => {
      const [outputs, labels] = [OUTPUTS.map(([first]) => [first!]), [0, 1, 1, 0]];
      expectAlike(measure(asked, outputs, labels), byHand(formula, outputs, labels.map((label) => [label])));
    });
  }

  it('weighs examples: by 1 they are as they were, by 0 as left out, and classes likewise', () => {
    const plain = measure(asked, OUTPUTS, LABELS);
    expectAlike(measure(asked, OUTPUTS, LABELS, { weights: [1, 1, 1, 1], classWeights: [1, 1, 1] }), plain);

    const without = measure(asked, OUTPUTS.slice(0, 3), LABELS.slice(0, 3));
    const weighted = measure(asked, OUTPUTS, LABELS, { weights: [1, 1, 1, 0] });
    // The divisor is the batch, as in Keras: three quarters of the mean over the other three.
    expectAlike(weighted, { loss: 0.75 * without.loss, gradient: [...without.gradient.map((slope) => 0.75 * slope), 0, 0, 0] });

    const classWeights = [2, 0.5, 3];
    expectAlike(measure(asked, OUTPUTS, LABELS, { classWeights }), measure(asked, OUTPUTS, LABELS, { weights: LABELS.map((label) => classWeights[label]!) }));
  });

  it('mixes pairs by their shares', () => {
    const other = [...LABELS].reverse();
    const mixedBy = (share: number): ReturnType<typeof measure> => measure(asked, OUTPUTS, LABELS, { mixed: { other, share: LABELS.map(() => share) } });
    const [one, two] = [measure(asked, OUTPUTS, LABELS), measure(asked, OUTPUTS, other)];
    expectAlike(mixedBy(1), one);
    expectAlike(mixedBy(0), two);
    expectAlike(mixedBy(0.25), { loss: 0.25 * one.loss + 0.75 * two.loss, gradient: one.gradient.map((slope, at) => 0.25 * slope + 0.75 * two.gradient[at]!) });
  });

  it('weighs each of a mixed pair by its class', () => {
    const [other, share, classWeights] = [[1, 1, 0, 0], [0.25, 0.5, 0.75, 1], [2, 0.5, 3]];
    const weightsOf = (labels: number[], shares: number[]): number[] => labels.map((label, at) => classWeights[label]! * shares[at]!);
    const one = measure(asked, OUTPUTS, LABELS, { weights: weightsOf(LABELS, share) });
    const two = measure(asked, OUTPUTS, other, { weights: weightsOf(other, share.map((part) => 1 - part)) });
    const both = { loss: one.loss + two.loss, gradient: one.gradient.map((slope, at) => slope + two.gradient[at]!) };
    expectAlike(measure(asked, OUTPUTS, LABELS, { classWeights, mixed: { other, share } }), both);
  });
});

describe('cross-entropy', () => {
  it.each([2, 3])('is log %d where nothing is known of as many classes', (classes) => {
    const even = [Array.from({ length: classes }, () => 0.7)];
    expect(measure({ name: 'sparse_categorical_crossentropy' }, even, [1]).loss).toBeCloseTo(Math.log(classes), 6);
  });

  it.each<LossRequest>([{ name: 'sparse_categorical_crossentropy' }, { name: 'categorical_crossentropy' }, { name: 'binary_crossentropy' }])(
    'is exact where a probability would round to 0 or 1: $name',
    (asked) => {
      const scale = asked.name === 'binary_crossentropy' ? 1 / 3 : 1;
      expect(measure(asked, [[-200, 200, -200]], [0]).loss).toBeCloseTo(400 * scale, 3);
      expect(measure(asked, [[-200, 200, -200]], [1]).loss).toBe(0);
      expect(measure(asked, [[-200, 200, -200]], [0]).gradient.every(Number.isFinite)).toBe(true);
    },
  );

  it('smoothed is least, and flat, where the probabilities are the smoothed label, and then its entropy', () => {
    const label = oneHot(1, 3).map((y) => 0.8 * y + 0.2 / 3);
    const { loss, gradient } = measure({ name: 'categorical_crossentropy', label_smoothing: 0.2 }, [label.map(Math.log)], [1]);
    expect(loss).toBeCloseTo(-label.reduce((sum, p) => sum + p * Math.log(p), 0), 6);
    expect(largestDifference(gradient, [0, 0, 0])).toBeLessThan(1e-6);
  });

  it('of a smoothed binary label likewise', () => {
    const label = oneHot(1, 3).map((y) => 0.8 * y + 0.1);
    const { loss, gradient } = measure({ name: 'binary_crossentropy', label_smoothing: 0.2 }, [label.map((z) => Math.log(z / (1 - z)))], [1]);
    expect(loss).toBeCloseTo(-mean(label.map((z) => z * Math.log(z) + (1 - z) * Math.log(1 - z))), 6);
    expect(largestDifference(gradient, [0, 0, 0])).toBeLessThan(1e-6);
  });
});

describe('in the limit', () => {
  it('Huber’s loss of a δ beyond all differences is half the squared error', () => {
    const [wide, squared] = [measure({ name: 'huber', delta: 1e4 }, OUTPUTS, VALUES), measure({ name: 'mean_squared_error' }, OUTPUTS, VALUES)];
    expectAlike(wide, { loss: squared.loss / 2, gradient: squared.gradient.map((slope) => slope / 2) });
  });

  it('Huber’s loss of a small δ is δ times the absolute error', () => {
    const [narrow, absolute] = [measure({ name: 'huber', delta: 1e-3 }, OUTPUTS, VALUES), measure({ name: 'mean_absolute_error' }, OUTPUTS, VALUES)];
    expect(narrow.loss / 1e-3).toBeCloseTo(absolute.loss, 2);
    expect(largestDifference(narrow.gradient.map((slope) => slope * 1e3), absolute.gradient)).toBeLessThan(1e-6);
  });

  it('the absolute error has no slope where there is no difference', () => {
    expect(measure({ name: 'mean_absolute_error' }, OUTPUTS, OUTPUTS)).toEqual({ loss: 0, gradient: OUTPUTS.flat().map(() => 0) });
  });
});

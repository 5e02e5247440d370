// What is measured beside the loss: in a batch by tensors, over all examples exactly.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolveLoss, type LossRequest } from '#contract/losses.js';
import { evaluate } from '#engine/evaluate.js';
import { floatExamples } from '#engine/examples.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { areaUnderCurve, confusionOf } from '#engine/objectives/statistics.js';
import { stream } from '#engine/random.js';
import { classTargets, valueTargets, type TargetColumns, type Targets } from '#engine/targets.js';
import { everyTestFreesItsTensors, network } from '../../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const objectiveOf = (asked: LossRequest, classes: number | null) => makeObjective(tf, { loss: resolveLoss(asked), class_weights: null }, classes);
const CE: LossRequest = { name: 'sparse_categorical_crossentropy' };

/** Metrics of one batch of classes. */
function ofBatch(asked: LossRequest, classes: number, outputs: number[][], labels: number[], mixed?: { other: number[]; share: number[] }): Record<string, number> {
  const objective = objectiveOf(asked, classes);
  return tf.tidy(() => {
    const targets: Targets = { of: tf.tensor1d(labels, 'int32'), ...(mixed && { mixed: { other: tf.tensor1d(mixed.other, 'int32'), share: tf.tensor1d(mixed.share) } }) };
    const metrics = Object.entries(objective.metrics(tf.tensor2d(outputs), targets)).map(([name, value]) => [name, value.dataSync()[0]!] as const);
    expect(['loss', ...metrics.map(([name]) => name)]).toEqual(objective.measures.map(({ name }) => name));
    return Object.fromEntries(metrics);
  });
}

/** Evaluates outputs as they are, by a network that changes nothing. */
async function overAll(asked: LossRequest, classes: number | null, outputs: number[][], targets: TargetColumns) {
  const units = outputs[0]!.length;
  const identity = network([units], [{ class_name: 'Activation', config: { activation: 'linear' } }]);
  const running = await buildNetwork(tf, identity, freshWeights(identity, 1));
  const measured = await evaluate(tf, running, floatExamples(Float32Array.from(outputs.flat()), [units], targets), objectiveOf(asked, classes));
  running.dispose();
  return measured;
}

describe('the accuracy of a batch', () => {
  const outputs = [[1, 2, -0.5], [0.25, -3, 0], [4, 4.5, 3.75], [-1, -1, -1]];

  it('is the part of the examples whose largest output is the label’s', () => {
    expect(ofBatch(CE, 3, outputs, [0, 2, 1, 2])).toEqual({ accuracy: 0.25 });
    expect(ofBatch(CE, 3, outputs, [1, 0, 1, 0])).toEqual({ accuracy: 1 });
  });

  it('of mixed pairs is held against the one with the larger share', () => {
    expect(ofBatch(CE, 3, outputs, [1, 0, 0, 0], { other: [0, 1, 1, 1], share: [0.5, 0.75, 0.25, 0.25] })).toEqual({ accuracy: 0.75 });
  });

  it('of one output for two classes parts at one half: of a logit, 0', () => {
    const values = [[0.25], [0.75], [-1], [3]];
    expect(ofBatch({ name: 'binary_crossentropy' }, 2, values, [1, 1, 0, 1])).toEqual({ accuracy: 1 });
    expect(ofBatch({ name: 'mean_squared_error' }, 2, values, [0, 1, 0, 1])).toEqual({ accuracy: 1 });
  });

  it('among the top 5 is told from eleven classes on', () => {
    const descending = Array.from({ length: 11 }, (_, place) => 11 - place);
    expect(ofBatch(CE, 11, [descending, descending, descending, descending], [0, 4, 5, 10])).toEqual({ accuracy: 0.25, top_5_accuracy: 0.5 });
    expect(Object.keys(ofBatch(CE, 10, [descending.slice(1)], [0]))).toEqual(['accuracy']);
  });
});

describe('an evaluation', () => {
  it('of classes counts what a batch would, with the confusion of classes', async () => {
    const draws = stream(3, 'test/metrics');
    const outputs = Array.from({ length: 1203 }, () => Array.from({ length: 12 }, () => draws.below(1000) / 100));
    const labels = Int32Array.from(outputs, () => draws.below(12));
    const { measures, confusion } = await overAll(CE, 12, outputs, classTargets(labels));
    const ranks = outputs.map((row, at) => row.filter((output) => output > row[labels[at]!]!).length);
    const predicted = outputs.map((row) => row.indexOf(Math.max(...row)));
    expect(Object.keys(measures)).toEqual(['loss', 'accuracy', 'top_5_accuracy']);
    expect(measures.accuracy).toBe(predicted.filter((guess, at) => guess === labels[at]).length / 1203);
    expect(measures.top_5_accuracy).toBe(ranks.filter((rank) => rank < 5).length / 1203);
    for (const [label, row] of confusion!.entries()) {
      expect(row).toEqual(Array.from({ length: 12 }, (_, guess) => predicted.filter((one, at) => one === guess && labels[at] === label).length));
    }
  });

  it.each<[string, LossRequest, (score: number) => number[]]>([
    ['two outputs', CE, (score) => [1, 1 + score]],
    ['one logit', { name: 'binary_crossentropy' }, (score) => [score]],
    ['one value', { name: 'mean_squared_error' }, (score) => [score]],
  ])('of two classes has the area under the curve, from %s', async (_, asked, outputsOf) => {
    const scores = [0.5, -1, 2, 0.5, 0.5, -3];
    const labels = Int32Array.of(1, 0, 1, 0, 1, 0);
    const { measures } = await overAll(asked, 2, scores.map(outputsOf), classTargets(labels));
    expect(measures.auc).toBeCloseTo(8 / 9, 12); // of nine pairs two tie
    const { measures: oneClass } = await overAll(asked, 2, scores.map(outputsOf), classTargets(new Int32Array(6)));
    expect(oneClass).not.toHaveProperty('auc');
  });

  it('tells probabilities apart that round to 1', async () => {
    const { measures } = await overAll(CE, 2, [[0, 40], [0, 60], [0, 50]], classTargets(Int32Array.of(0, 1, 1)));
    expect(measures.auc).toBe(1);
  });

  it('of values has how far off they are, by the formulas, and no confusion', async () => {
    const { measures, confusion } = await overAll({ name: 'mean_squared_error' }, null, [[1, 2], [3, 5]], valueTargets(Float32Array.of(1, 1, 0, 5), 2));
    // R² of the first output is 1 − 9 / 0.5, of the second 1 − 1 / 8.
    expect(measures).toEqual({ loss: 2.5, mae: 1, rmse: Math.sqrt(2.5), r2: (-17 + 0.875) / 2 });
    expect(confusion).toBeNull();
  });

  it('weighs the loss of examples by their own weights, and counts them alike', async () => {
    const columns = classTargets(Int32Array.of(0, 1), Float32Array.of(3, 0));
    const { measures } = await overAll(CE, 3, [[0, 0, 0], [5, 0, 0]], columns);
    expect(measures.loss).toBeCloseTo((3 * Math.log(3)) / 2, 6);
    expect(measures.accuracy).toBe(0.5);
  });

  it('keeps no confusion of more than 100 classes', async () => {
    const row = Array.from({ length: 101 }, (_, unit) => -unit);
    expect((await overAll(CE, 101, [row], classTargets(Int32Array.of(0)))).confusion).toBeNull();
    expect((await overAll(CE, 100, [row.slice(1)], classTargets(Int32Array.of(0)))).confusion).toHaveLength(100);
  });
});

describe('the area under the curve', () => {
  const scored = fc.array(fc.record({ score: fc.integer({ min: -4, max: 4 }), label: fc.integer({ min: 0, max: 1 }) }), { maxLength: 40 });

  it('is the part of pairs in the right order, ties counting one half', () => {
    fc.assert(
      fc.property(scored, (examples) => {
        const pairs = examples.filter(({ label }) => label === 1).flatMap(({ score }) => examples.filter(({ label }) => label === 0).map((other) => Math.sign(score - other.score) / 2 + 0.5));
        const expected = pairs.length === 0 ? undefined : pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length;
        const auc = areaUnderCurve(examples.map(({ score }) => score), examples.map(({ label }) => label));
        if (expected === undefined) expect(auc).toBeUndefined();
        else expect(auc).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('the confusion of classes', () => {
  it('counts every example once, in the row of its class and the column of the one predicted', () => {
    const pairs = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 60 });
    fc.assert(
      fc.property(pairs, (examples) => {
        const counts = confusionOf(examples.map(([label]) => label), examples.map(([, guess]) => guess), 5);
        expect(counts.flat().reduce((sum, count) => sum + count, 0)).toBe(examples.length);
        expect(counts.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([0, 1, 2, 3, 4].map((label) => examples.filter(([one]) => one === label).length));
        expect([0, 1, 2, 3, 4].map((guess) => counts.reduce((sum, row) => sum + row[guess]!, 0))).toEqual([0, 1, 2, 3, 4].map((guess) => examples.filter(([, one]) => one === guess).length));
      }),
    );
  });
});

// Nearest examples: as comparing all of them by hand finds them, and an example's own copy before all others.
import { describe, expect, it } from '@jest/globals';
import type { Architecture } from '#contract/layers.js';
import { predict } from '#engine/evaluate.js';
import { floatExamples, subset, type Examples } from '#engine/examples.js';
import { featureTrunk } from '#engine/explain/feature-trunk.js';
import type { Distance } from '#contract/explain-method.js';
import { nearestExamples, type Neighbour } from '#engine/explain/nearest.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { classTargets } from '#engine/targets.js';
import { outputShape } from '#models/architecture.js';
import { volume } from '#contract/shape.js';
import { cnn, dense, everyTestFreesItsTensors, failureOfPromise, largestDifference, mlp, network, residual, stripes } from '../../support/networks.js';
import { randomInput, randomWeights } from './subjects.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const TRUNK = featureTrunk(cnn());
const WEIGHTS = randomWeights(TRUNK);
const EXAMPLES = stripes(400, { shape: [8, 8, 1] });
const QUERIES = randomInput([3, 8, 8, 1], 5, 0.5);
const onCall = async (): Promise<void> => undefined;
const asked = (rest: Partial<Parameters<typeof nearestExamples>[1]> = {}): Promise<Neighbour[][]> =>
  nearestExamples(tf, { trunk: { architecture: TRUNK, weights: WEIGHTS }, examples: EXAMPLES, queries: QUERIES, count: 5, distance: 'cosine', onCall, ...rest });
const numbers = (values: Float32Array, shape: number[]): Examples => floatExamples(values, shape, classTargets(new Int32Array(values.length / volume(shape))));

/** Features of all, one by one. */
async function featuresOf(examples: Examples): Promise<number[][]> {
  const running = await buildNetwork(tf, TRUNK, WEIGHTS);
  const all = await predict(tf, running, examples);
  running.dispose();
  const width = volume(outputShape(TRUNK));
  return Array.from({ length: examples.count }, (_, row) => [...all.subarray(row * width, (row + 1) * width)]);
}
const norm = (one: number[]): number => Math.hypot(...one);
const BY_HAND: Record<Distance, (one: number[], other: number[]) => number> = {
  cosine: (one, other) => 1 - one.reduce((sum, value, at) => sum + value * other[at]!, 0) / (norm(one) * norm(other)),
  euclidean: (one, other) => norm(one.map((value, at) => value - other[at]!)),
};

describe('the nearest examples', () => {
  it.each<Distance>(['cosine', 'euclidean'])('by %s are those that comparing with each finds', async (distance) => {
    const [ofExamples, ofQueries] = [await featuresOf(EXAMPLES), await featuresOf(numbers(QUERIES, [8, 8, 1]))];
    const found = await asked({ distance });
    expect(found.map(({ length }) => length)).toEqual([5, 5, 5]);
    for (const [query, neighbours] of found.entries()) {
      const byHand = ofExamples.map((features, example) => ({ example, distance: BY_HAND[distance](ofQueries[query]!, features) })).sort((one, other) => one.distance - other.distance).slice(0, 5);
      expect(neighbours.map(({ example }) => example)).toEqual(byHand.map(({ example }) => example));
      for (const [at, neighbour] of neighbours.entries()) expect(neighbour.distance).toBeCloseTo(byHand[at]!.distance, 5);
    }
  });

  it.each<Distance>(['cosine', 'euclidean'])('by %s begin with an example’s own copy', async (distance) => {
    const values = randomInput([30, 8, 8, 1], 9, 1);
    const found = await asked({ examples: numbers(values, [8, 8, 1]), queries: values.slice(64 * 4, 64 * 6), count: 1, distance });
    expect(found.map(([nearest]) => nearest!.example)).toEqual([4, 5]);
    for (const [nearest] of found) expect(nearest!.distance).toBeLessThan(1e-6);
  });

  it('that are equally near come in their order, and are at 0 where features are equal', async () => {
    const architecture = featureTrunk(network([2], [dense(2, 'softmax')]));
    const examples = numbers(Float32Array.of(3, 4, 1, 0, 6, 8, 3, 4, 0, 0, 3, 4), [2]);
    const near = async (distance: Distance): Promise<Neighbour[]> =>
      (await nearestExamples(tf, { trunk: { architecture, weights: new Map() }, examples, queries: Float32Array.of(3, 4), count: 4, distance, onCall }))[0]!;
    expect((await near('euclidean')).map(({ example, distance }) => [example, distance])).toEqual([[0, 0], [3, 0], [5, 0], [1, Math.sqrt(20)]]);
    expect((await near('cosine')).map(({ example, distance }) => [example, distance])).toEqual([[0, 0], [2, 0], [3, 0], [5, 0]]);
  });

  it('point somewhere: features that are all 0 are as far from others as a right angle', async () => {
    const architecture = featureTrunk(network([2], [dense(2, 'softmax')]));
    const found = await nearestExamples(tf, { trunk: { architecture, weights: new Map() }, examples: numbers(Float32Array.of(1, 0, 0, 0), [2]), queries: new Float32Array(2), count: 9, distance: 'cosine', onCall });
    expect(found).toEqual([[{ example: 1, distance: 0 }, { example: 0, distance: 1 }]]);
  });

  it('of some of the examples are told by their places among these', async () => {
    const chosen = Uint32Array.of(3, 50, 51, 200);
    const all = (await asked({ count: EXAMPLES.count }))[0]!;
    const some = (await asked({ examples: subset(EXAMPLES, chosen), count: 9 }))[0]!;
    expect(some.length).toBe(4);
    expect(some.map(({ example }) => chosen[example])).toEqual(all.filter(({ example }) => chosen.includes(example)).map(({ example }) => example));
  });

  it('are the same where many go through the network as a recorded graph', async () => {
    const many = stripes(7000, { shape: [8, 8, 1] });
    const found = (await asked({ examples: many }))[0]!;
    const few = (await asked({ examples: subset(many, Uint32Array.from(found, ({ example }) => example).sort()) }))[0]!;
    expect(largestDifference(few.map(({ distance }) => distance), found.map(({ distance }) => distance))).toBeLessThan(1e-6);
  });

  it('are not looked for any further once the caller wants no more, nor among numbers that are none', async () => {
    const stop = new Error('no more');
    await expect(asked({ onCall: () => Promise.reject(stop) })).rejects.toBe(stop);
    const trunk = { architecture: featureTrunk(network([2], [dense(2, 'softmax')])), weights: new Map() };
    expect((await failureOfPromise(asked({ trunk, examples: numbers(new Float32Array(4), [2]), queries: Float32Array.of(1, NaN) }))).code).toBe('OUTPUT_NOT_FINITE');
  });
});

describe('features', () => {
  const lastOf = ({ layers }: Architecture): string => layers.at(-1)!.name;
  it('are what the output layer takes', () => {
    expect(lastOf(featureTrunk(cnn()))).toBe('dense_1');
    expect(lastOf(featureTrunk(residual()))).toBe('global_average_pooling2d_1');
    expect(lastOf(featureTrunk(mlp()))).toBe('dense_1');
    const dropping = network([4], [dense(3), { class_name: 'Dropout', config: { rate: 0.5 } }, dense(2, 'linear'), { class_name: 'Softmax' }]);
    expect(lastOf(featureTrunk(dropping))).toBe('dropout_1');
  });

  it('are what is given where there is one layer with weights', () => {
    const flat = featureTrunk(network([4, 4, 1], [{ class_name: 'Flatten' }, dense(3, 'softmax')]));
    expect([lastOf(flat), outputShape(flat)]).toEqual(['flatten_1', [16]]);
    const plain = featureTrunk(network([7], [dense(3, 'softmax')]));
    expect(outputShape(plain)).toEqual([7]);
  });
});

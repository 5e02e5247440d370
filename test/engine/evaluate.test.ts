// Examples as batches, and a network over all of them.
import { describe, expect, it } from '@jest/globals';
import { evaluate, predict } from '#engine/evaluate.js';
import { batches, byteExamples, floatExamples, inOrder, subset } from '#engine/examples.js';
import { Feed, inputsOf } from '#engine/feed.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { HostTable } from '#engine/table.js';
import { classTargets } from '#engine/targets.js';
import { crossEntropy, everyTestFreesItsTensors, labelsOf, largestDifference, logitsOf, mlp, stripes } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

describe('examples', () => {
  const bytes = byteExamples(Uint8Array.from({ length: 12 }, (_, at) => at * 20), classTargets(Int32Array.of(2, 0, 1)), {
    input: { shape: [2, 2, 1], dtype: 'uint8' },
    steps: [{ divide_by: 2 }, { divide_by: 127.5 }],
  });
  const rowsOf = async (examples: typeof bytes, ...indices: number[]): Promise<{ shape: number[]; values: number[] }> => {
    const table = new HostTable(tf, examples, examples.count);
    await new Feed(examples, table, 1).fill();
    return tf.tidy(() => {
      const inputs = table.inputs(Uint32Array.from(indices));
      return { shape: inputs.shape, values: Array.from(inputs.dataSync()) };
    });
  };

  it('of bytes are prepared step by step, in the order asked for', async () => {
    const row = (index: number): number[] => [0, 1, 2, 3].map((at) => Math.fround((20 * (4 * index + at)) / 255));
    expect(await rowsOf(bytes, 2, 0)).toEqual({ shape: [2, 2, 2, 1], values: [...row(2), ...row(0)] });
  });

  it('of numbers are taken as they are', async () => {
    const numbers = floatExamples(Float32Array.of(1, 2, 3, 4, 5, 6), [2], classTargets(Int32Array.of(0, 1, 0)));
    expect(await rowsOf(numbers, 1, 1, 0)).toEqual({ shape: [3, 2], values: [3, 4, 3, 4, 1, 2] });
  });

  it('that are some of others keep their rows and labels together', async () => {
    const some = subset(bytes, Uint32Array.of(1, 2));
    expect([some.count, ...labelsOf(some)]).toEqual([2, 0, 1]);
    expect(await rowsOf(some, 1, 0)).toEqual(await rowsOf(bytes, 2, 1));
    const fewer = subset(some, Uint32Array.of(1));
    expect([fewer.count, ...labelsOf(fewer)]).toEqual([1, 1]);
    expect(await rowsOf(fewer, 0)).toEqual(await rowsOf(bytes, 2));
  });

  it('are some of others in their order, or refused', () => {
    for (const chosen of [[2, 1], [1, 1]]) expect(() => subset(bytes, Uint32Array.from(chosen))).toThrow(RangeError);
  });

  it.each([[7, 3, [3, 3, 1]], [6, 3, [3, 3]], [2, 5, [2]], [0, 5, []]])('%d in batches of %d are %j, each once', (count, size, sizes) => {
    const all = [...batches(inOrder(count), size)];
    expect(all.map(({ length }) => length)).toEqual(sizes);
    expect(all.flatMap((batch) => [...batch])).toEqual([...inOrder(count)]);
  });
});

describe('a network over all examples', () => {
  const COUNT = 1_203; // two batches of evaluation and a short one
  const examples = stripes(COUNT);
  const architecture = logitsOf(mlp());
  const weights = freshWeights(architecture, 5);
  const objective = crossEntropy(tf);

  it('predicts what applying it to all at once gives', async () => {
    const running = await buildNetwork(tf, architecture, weights);
    const inputs = await inputsOf(tf, examples);
    const atOnce = tf.tidy(() => running.apply(inputs, false).dataSync());
    inputs.dispose();
    const predicted = await predict(tf, running, examples);
    running.dispose();
    expect(predicted).toHaveLength(3 * COUNT);
    expect(largestDifference(predicted, atOnce)).toBeLessThan(1e-6);
  });

  it.each([COUNT, 1_000, 7])('measures over %d examples what all at once measure: no batch counts more than its size', async (count) => {
    const some = subset(examples, inOrder(count));
    const running = await buildNetwork(tf, architecture, weights);
    const inputs = await inputsOf(tf, some);
    const [loss, accuracy] = tf.tidy(() => {
      const of = tf.tensor1d(labelsOf(some), 'int32');
      const logits = running.apply(inputs, false);
      return [objective.loss(logits, { of }).dataSync()[0]!, objective.metrics(logits, { of }).accuracy!.dataSync()[0]!];
    });
    inputs.dispose();
    const { measures: measured } = await evaluate(tf, running, some, objective);
    running.dispose();
    expect(measured.loss).toBeCloseTo(loss, 5);
    expect(measured.accuracy).toBeCloseTo(accuracy, 6);
    expect(Number.isInteger(Math.fround(measured.accuracy! * count))).toBe(true);
  });
});

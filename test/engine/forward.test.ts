// A pass over all examples: recorded and replayed it gives what it gives plainly, however the rows are cut up.
import { describe, expect, it } from '@jest/globals';
import { Evaluation } from '#engine/evaluate.js';
import { floatExamples, subset, type Examples } from '#engine/examples.js';
import { openForwardPass, plainPass, replayedPass, type Compute } from '#engine/forward.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork, type Network } from '#engine/network.js';
import { classTargets } from '#engine/targets.js';
import { cnn, crossEntropy, everyTestFreesItsTensors, largestDifference, mlp, network, stripes } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const BATCH = 8;
const ROW_BYTES = 16;
const outputs = (running: Network): Compute => (inputs) => ({ outputs: running.apply(inputs, false) });

async function both(examples: Examples, chunkBytes: number): Promise<{ plain: Float32Array; replayed: Float32Array[] }> {
  const architecture = mlp();
  const running = await buildNetwork(tf, architecture, freshWeights(architecture, 3));
  const plain = plainPass(tf, examples, outputs(running), BATCH).run();
  const pass = replayedPass(tf, running, examples, outputs(running), BATCH, chunkBytes);
  const replayed = [pass.run(), pass.run()];
  pass.dispose();
  running.dispose();
  return { plain, replayed };
}

describe('a replayed pass', () => {
  it.each([
    ['one batch', 8, 1000],
    ['less than a batch', 5, 1000],
    ['whole batches and a rest, in one chunk', 27, 1000],
    ['several chunks, the last one shorter', 27, 2 * BATCH * ROW_BYTES],
    ['chunks of one batch each', 24, 1],
  ])('over %s gives what the plain one gives, twice', async (_, count, chunkBytes) => {
    const { plain, replayed } = await both(stripes(tf, count), chunkBytes);
    expect(plain).toHaveLength(count * 3);
    for (const values of replayed) expect(largestDifference(values, plain)).toBeLessThan(1e-6);
  });

  it('over some of the examples takes their rows', async () => {
    const some = subset(tf, stripes(tf, 40), Uint32Array.from({ length: 19 }, (_, at) => 39 - 2 * at));
    const { plain, replayed } = await both(some, BATCH * ROW_BYTES);
    expect(largestDifference(replayed[0]!, plain)).toBeLessThan(1e-6);
  });

  it('over numbers, not bytes, does the same', async () => {
    const numbers = floatExamples(tf, Float32Array.from({ length: 20 * 16 }, (_, at) => Math.sin(at)), [4, 4, 1], classTargets(new Int32Array(20)));
    const { plain, replayed } = await both(numbers, 4 * BATCH * ROW_BYTES);
    expect(largestDifference(replayed[0]!, plain)).toBeLessThan(1e-6);
  });

  it('drops nothing: dropout is for training', async () => {
    const architecture = network([4], [{ class_name: 'Dropout', config: { rate: 0.5 } }, { class_name: 'Dense', config: { units: 2 } }]);
    const running = await buildNetwork(tf, architecture, freshWeights(architecture, 1));
    const examples = floatExamples(tf, Float32Array.from({ length: 36 }, (_, at) => at / 7), [4], classTargets(new Int32Array(9)));
    const pass = replayedPass(tf, running, examples, outputs(running), 4);
    expect(largestDifference(pass.run(), plainPass(tf, examples, outputs(running), 4).run())).toBeLessThan(1e-6);
    pass.dispose();
    running.dispose();
  });
});

describe('a pass', () => {
  it('makes its batches smaller where a layer gives much', async () => {
    const wide = network([2], [{ class_name: 'Dense', config: { units: 60_000 } }, { class_name: 'Dense', config: { units: 1 } }]);
    const running = await buildNetwork(tf, wide, freshWeights(wide, 1));
    const pass = openForwardPass(tf, running, floatExamples(tf, new Float32Array(6), [2], classTargets(new Int32Array(3))), outputs(running));
    expect(pass.batchSize).toBe(Math.floor(2 ** 24 / 60_000));
    pass.dispose();
    running.dispose();
  });
});

describe('an evaluation', () => {
  it('asked again measures by the weights as they are then', async () => {
    const architecture = cnn();
    const objective = crossEntropy(tf);
    const running = await buildNetwork(tf, architecture, freshWeights(architecture, 1));
    const examples = stripes(tf, 1100, { shape: [8, 8, 1] });
    const often = new Evaluation(tf, running, examples, objective, 100);
    const { measures: first } = often.measure();
    for (const variable of running.variables.values()) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    const { measures: zeros } = often.measure();
    expect(zeros.loss).toBeCloseTo(Math.log(3), 5);
    expect(first.loss).not.toBeCloseTo(zeros.loss, 5);
    const measure: Compute = (inputs, targets) => ({ loss: objective.loss(running.apply(inputs, false), targets) });
    expect(zeros.loss).toBeCloseTo(plainPass(tf, examples, measure, 500).run()[0]!, 5);
    often.dispose();
    running.dispose();
  });
});

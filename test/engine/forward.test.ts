// A pass over all examples: recorded and replayed it gives what it gives plainly, however the rows are cut up.
import { describe, expect, it } from '@jest/globals';
import { Evaluation } from '#engine/evaluate.js';
import { floatExamples, subset, type Examples } from '#engine/examples.js';
import { allResults, openForwardPass, plainPass, replayedPass, type Compute } from '#engine/forward.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork, type Network } from '#engine/network.js';
import { classTargets } from '#engine/targets.js';
import { cnn, crossEntropy, everyTestFreesItsTensors, largestDifference, mlp, network, stripes } from '../support/networks.js';
import { inChunks } from '../support/packed.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const BATCH = 8;
const outputs = (running: Network): Compute => (inputs) => ({ outputs: running.apply(inputs, false) });

async function both(examples: Examples, windowRows: number): Promise<{ plain: Float32Array; replayed: Float32Array[] }> {
  const architecture = mlp();
  const running = await buildNetwork(tf, architecture, freshWeights(architecture, 3));
  const plain = await allResults(plainPass(tf, examples, outputs(running), BATCH));
  const pass = replayedPass(tf, running, examples, outputs(running), BATCH, windowRows);
  const replayed = [await allResults(pass), await allResults(pass)];
  pass.dispose();
  running.dispose();
  return { plain, replayed };
}

describe('a replayed pass', () => {
  it.each([
    ['one batch', 8, 100, 1],
    ['less than a batch', 5, 100, 3],
    ['whole batches and a rest, in one window', 27, 100, 27],
    ['several windows, the last one shorter', 27, 2 * BATCH, 5],
    ['windows smaller than a batch', 24, 1, 3],
  ])('over %s gives what the plain one gives, twice', async (_, count, windowRows, chunkRows) => {
    const { plain, replayed } = await both(await inChunks(stripes(count), chunkRows), windowRows);
    expect(plain).toHaveLength(count * 3);
    for (const values of replayed) expect(largestDifference(values, plain)).toBeLessThan(1e-6);
  });

  it('over some of the examples takes their rows', async () => {
    const some = subset(await inChunks(stripes(40), 3), Uint32Array.from({ length: 19 }, (_, at) => 2 * at + 3));
    const { plain, replayed } = await both(some, BATCH);
    expect(plain).toHaveLength(19 * 3);
    expect(largestDifference(replayed[0]!, plain)).toBeLessThan(1e-6);
  });

  it('over numbers, not bytes, does the same', async () => {
    const numbers = floatExamples(Float32Array.from({ length: 20 * 16 }, (_, at) => Math.sin(at)), [4, 4, 1], classTargets(new Int32Array(20)));
    const { plain, replayed } = await both(await inChunks(numbers, 2), BATCH);
    expect(largestDifference(replayed[0]!, plain)).toBeLessThan(1e-6);
  });

  it('drops nothing: dropout is for training', async () => {
    const architecture = network([4], [{ class_name: 'Dropout', config: { rate: 0.5 } }, { class_name: 'Dense', config: { units: 2 } }]);
    const running = await buildNetwork(tf, architecture, freshWeights(architecture, 1));
    const examples = floatExamples(Float32Array.from({ length: 36 }, (_, at) => at / 7), [4], classTargets(new Int32Array(9)));
    const pass = replayedPass(tf, running, examples, outputs(running), 4);
    expect(largestDifference(await allResults(pass), await allResults(plainPass(tf, examples, outputs(running), 4)))).toBeLessThan(1e-6);
    pass.dispose();
    running.dispose();
  });
});

describe('a pass', () => {
  it('makes its batches smaller where a layer gives much', async () => {
    const wide = network([2], [{ class_name: 'Dense', config: { units: 60_000 } }, { class_name: 'Dense', config: { units: 1 } }]);
    const running = await buildNetwork(tf, wide, freshWeights(wide, 1));
    const pass = openForwardPass(tf, running, floatExamples(new Float32Array(6), [2], classTargets(new Int32Array(3))), outputs(running));
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
    const examples = stripes(1100, { shape: [8, 8, 1] });
    const often = new Evaluation(tf, running, examples, objective, 100);
    const { measures: first } = await often.measure();
    for (const variable of running.variables.values()) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    const { measures: zeros } = await often.measure();
    expect(zeros.loss).toBeCloseTo(Math.log(3), 5);
    expect(first.loss).not.toBeCloseTo(zeros.loss, 5);
    const measure: Compute = (inputs, targets) => ({ loss: objective.loss(running.apply(inputs, false), targets) });
    expect(zeros.loss).toBeCloseTo((await allResults(plainPass(tf, examples, measure, 500)))[0]!, 5);
    often.dispose();
    running.dispose();
  });
});

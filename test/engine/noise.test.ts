// Dropout: what it leaves alone, how it draws, and what the mask depends on.
import { describe, expect, it } from '@jest/globals';
import { siteKey } from '#engine/draws.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork, type Network } from '#engine/network.js';
import { everyTestFreesItsTensors, network } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

interface Draw {
  rate?: number;
  seed?: number;
  step?: number;
  name?: string;
  training?: boolean;
}
const WIDTH = 40_000;

/** Sets the context as a training step does; inside a tidy. */
const at = (running: Network, seed: number, step: number): void => {
  running.context.seed = seed;
  running.context.step = tf.scalar(step, 'int32');
};

/** What a layer of dropout makes of ones. */
async function dropped({ rate = 0.3, seed = 1, step = 1, name = 'dropout_1', training = true }: Draw = {}): Promise<Float32Array> {
  const running = await buildNetwork(tf, network([WIDTH], [{ class_name: 'Dropout', name, config: { rate } }]), new Map());
  const values = tf.tidy(() => {
    at(running, seed, step);
    return running.apply(tf.ones([1, WIDTH]), training).dataSync() as Float32Array;
  });
  running.dispose();
  return values;
}
const keptPart = (values: Float32Array): number => values.filter((value) => value !== 0).length / values.length;
/** Part of the places in which two masks agree. */
const agreement = (one: Float32Array, other: Float32Array): number =>
  one.filter((value, at) => (value === 0) === (other[at] === 0)).length / one.length;
/** Four standard deviations of a mean over a mask. */
const slack = (probability: number): number => 4 * Math.sqrt((probability * (1 - probability)) / WIDTH);

describe('dropout', () => {
  it('changes nothing at a rate of 0, nor outside of training', async () => {
    const ones = new Float32Array(WIDTH).fill(1);
    expect(await dropped({ rate: 0 })).toEqual(ones);
    expect(await dropped({ training: false })).toEqual(ones);
  });

  it.each([0.1, 0.5, 0.9])('at a rate of %d drops as many, and scales the others so that the mean stays', async (rate) => {
    const values = await dropped({ rate });
    expect(Math.abs(keptPart(values) - (1 - rate))).toBeLessThan(slack(rate));
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
    const mean = values.reduce((sum, value) => sum + value, 0) / WIDTH;
    expect(Math.abs(mean - 1)).toBeLessThan(slack(rate) / (1 - rate));
  });

  it('drops the same for the same seed, step and layer', async () => {
    expect(await dropped()).toEqual(await dropped());
  });

  it.each<[string, Draw]>([
    ['step', { step: 2 }],
    ['seed', { seed: 2 }],
    ['layer', { name: 'dropout_2' }],
  ])('draws another mask, unrelated to the first, for another %s', async (_, other) => {
    // Two unrelated masks agree where both keep or both drop.
    expect(Math.abs(agreement(await dropped(), await dropped(other)) - (0.7 ** 2 + 0.3 ** 2))).toBeLessThan(slack(0.58));
  });

  it('gives each of two layers in one network a mask of its own', async () => {
    const layers = [0.5, 0.5].map((rate) => ({ class_name: 'Dropout' as const, config: { rate } }));
    const running = await buildNetwork(tf, network([WIDTH], layers), new Map());
    const values = tf.tidy(() => {
      at(running, 1, 1);
      return running.apply(tf.ones([1, WIDTH]), true).dataSync() as Float32Array;
    });
    const kept = keptPart(values);
    running.dispose();
    expect(Math.abs(kept - 0.25)).toBeLessThan(slack(0.25));
  });

  it('draws each example of a batch its own mask', async () => {
    const running = await buildNetwork(tf, network([WIDTH], [{ class_name: 'Dropout', config: { rate: 0.5 } }]), new Map());
    const [first, second] = tf.tidy(() => {
      at(running, 1, 1);
      return tf.unstack(running.apply(tf.ones([2, WIDTH]), true)).map((row) => row.dataSync() as Float32Array);
    });
    running.dispose();
    expect(Math.abs(agreement(first!, second!) - 0.5)).toBeLessThan(slack(0.5));
  });

  it('has the gradient of its own mask: what was dropped learns nothing, what was kept learns more', async () => {
    const running = await buildNetwork(tf, network([WIDTH], [{ class_name: 'Dropout', config: { rate: 0.3 } }]), new Map());
    const [outputs, gradient] = tf.tidy(() => {
      at(running, 1, 1);
      const inputs = tf.ones([1, WIDTH]);
      return [running.apply(inputs, true).dataSync(), tf.grad((x) => tf.sum(running.apply(x, true)))(inputs).dataSync()];
    });
    running.dispose();
    expect(gradient).toEqual(outputs);
  });

  it('has keys that no layer names up to dropout_200 share within a run', () => {
    const keys = Array.from({ length: 200 }, (_, at) => siteKey(7, `dropout_${at + 1}`));
    expect(new Set(keys).size).toBe(200);
  });
});

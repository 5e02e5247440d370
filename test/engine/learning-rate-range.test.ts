// The learning rate range test: its rates, where it ends, what it suggests, and that it leaves nothing behind.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer, type OptimizerName } from '#contract/optimizers.js';
import type { RatePoint } from '#contract/rate-report.js';
import type { LrFindRequest } from '#contract/job-request.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { rangeRate, rangeTest } from '#engine/learning-rate-range.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { weightsDigest } from '#models/weights.js';
import { suggestedRates } from '#report/rate-suggestion.js';
import { baseModel, classNames, crossEntropy, dataset, everyTestFreesItsTensors, failureOf, logitsOf, mlp, specOf, stripes } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const NETWORK = logitsOf(mlp());
const STAGE = { trainable: ['dense_1', 'dense_2'], epochs: 13, steps: 100, learning_rate: 0.01 };

async function tested({ capture = true, optimizer = 'sgd', stopAfter = Infinity }: { capture?: boolean; optimizer?: OptimizerName; stopAfter?: number } = {}) {
  const network = await buildNetwork(tf, NETWORK, freshWeights(NETWORK, 3));
  const digest = () => weightsDigest(NETWORK, network.readWeights());
  const before = digest();
  const settings = { batch_size: 16, optimizer: resolveOptimizer({ name: optimizer }), objective: crossEntropy(tf), seed: 7, capture };
  const result = await rangeTest(tf, network, stripes(120), settings, STAGE, async (points) => (points.length >= stopAfter ? 'stop' : 'go'));
  const after = digest();
  network.dispose();
  return { ...result, before, after };
}

describe('a range test', () => {
  it('goes from 1e-7 to 10 by a constant factor', () => {
    expect([0, 50, 100].map(rangeRate)).toEqual([1e-7, expect.closeTo(1e-3, 12), expect.closeTo(10, 9)]);
    expect(rangeRate(1) / rangeRate(0)).toBeCloseTo(10 ** 0.08, 12);
  });

  it.each([['recorded', true], ['plain', false]] as const)('leaves the network as it was, its steps being %s', async (_, capture) => {
    const { points, before, after } = await tested({ capture });
    expect(points.length).toBeGreaterThan(50);
    expect(points.map(({ step }) => step)).toEqual(points.map((_point, index) => index + 1));
    for (const { step, learning_rate: rate } of points) expect(rate).toBeCloseTo(rangeRate(step - 1), 12);
    expect(after).toBe(before);
  });

  it('tells the loss before each step, smoothed as fastai does, and ends where that is four times its best', async () => {
    const { points, diverged } = await tested();
    let mean = 0;
    for (const [index, { loss, smoothed_loss: smoothed }] of points.entries()) {
      mean = 0.98 * mean + 0.02 * loss;
      expect(smoothed).toBeCloseTo(mean / (1 - 0.98 ** (index + 1)), 10);
    }
    const past = points.map(({ smoothed_loss: loss }, index) => loss > 4 * Math.min(...points.slice(0, index + 1).map((point) => point.smoothed_loss)));
    expect(past.slice(0, -1)).not.toContain(true);
    expect(diverged).toBe(points.length < 100 || past.at(-1));
  });

  it('ends where it is told to, and is the same each time', async () => {
    // Calls end with their epoch, of eight steps here.
    expect((await tested({ stopAfter: 20 })).points).toHaveLength(24);
    expect((await tested({ optimizer: 'adam' })).points).toEqual((await tested({ optimizer: 'adam' })).points);
  });
});

describe('the rates that a curve suggests', () => {
  const curve = (loss: (index: number) => number, count = 100): RatePoint[] =>
    Array.from({ length: count }, (_, index) => ({ step: index + 1, learning_rate: rangeRate(index), loss: loss(index), smoothed_loss: loss(index) }));

  it('are those of fastai', () => {
    // Flat, then down from 30 to 70, then up: worked out by fastai's own functions on this very curve.
    const valleyed = curve((index) => (index < 30 ? 2 + (index % 2) / 100 : index < 70 ? 2 - (index - 30) / 25 : 0.4 + (index - 70) / 10));
    const { valley, minimum } = suggestedRates(valleyed);
    expect([49, 70].map((index) => rangeRate(index))).toEqual([valley, expect.closeTo(minimum! * 10, 12)]);
  });

  it('are none where the curve is too short to leave its ends out', () => {
    expect(suggestedRates(curve(() => 1, 15))).toEqual({ valley: null, minimum: null });
    expect(suggestedRates(curve((index) => 10 - index, 16)).minimum).not.toBeNull();
  });
});

describe('the spec of a range test', () => {
  const request = (rest: Partial<LrFindRequest> = {}): LrFindRequest => ({ type: 'lr_find', dataset: dataset().id, base_model: 'mdl_0197a2c4d5e67f8091a2b3c4d5e6f708', ...rest });
  const letters = dataset({ labels: classNames(3, 'letter') });

  it('is one stage of a hundred steps, of what the first stage that takes steps trains', () => {
    const spec = specOf(request({ transfer: { kind: 'parameter', preset: 'lp_ft' } }), letters, baseModel(mlp()));
    expect(spec).toMatchObject({ type: 'lr_find', stages: [{ trainable: ['dense_1', 'dense_2'], steps: 100 }], features_from: null, runs: [{ run: 'main' }] });
    expect(specOf(request({ transfer: { kind: 'parameter', stages: [{ trainable: 'all' }, { trainable: 'head' }] }, stage: 1 }), letters, baseModel(mlp())).stages).toMatchObject([{ trainable: ['dense_2'] }]);
  });

  it.each<[string, Partial<LrFindRequest>, string]>([
    ['neither a base nor a network', { base_model: undefined as never }, '/base_model'],
    ['both', { model: { architecture: 'mlp' } }, '/model'],
    ['a transfer of a new network', { base_model: undefined as never, model: { architecture: 'mlp' }, transfer: { kind: 'parameter' } }, '/transfer'],
    ['no stage that takes steps', { transfer: { kind: 'parameter', preset: 'linear_probe' } }, '/transfer'],
    ['a stage that there is not', { stage: 3 }, '/stage'],
    ['a stage that is solved', { transfer: { kind: 'parameter', preset: 'lp_ft' }, stage: 0 }, '/stage'],
  ])('is refused with %s', (_, rest, pointer) => {
    const asked = request(rest);
    expect(failureOf(() => specOf(asked, letters, asked.base_model === undefined ? null : baseModel(mlp()))).pointer).toBe(pointer);
  });
});

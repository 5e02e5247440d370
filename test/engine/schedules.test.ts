// Schedules of the learning rate: the values of their sources, limiting cases, and what they do to a run.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolveSchedule, SCHEDULES, type ScheduleRequest } from '#contract/schedules.js';
import { resolveOptimizer } from '#contract/optimizers.js';
import type { Stage } from '#contract/training-specs.js';
import { fit, type Snapshot } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { Plateau } from '#engine/plateau.js';
import { scheduleOf } from '#engine/schedules.js';
import { weightsDigest } from '#models/weights.js';
import { crossEntropy, everyTestFreesItsTensors, logitsOf, mlp, recorder, stripes } from '../support/networks.js';
import { share } from '../support/share.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const schedule = (asked: ScheduleRequest) => scheduleOf(resolveSchedule(asked));
/** Rates of a stage, each to twelve digits. */
const rates = (asked: ScheduleRequest, base: number, steps: number, at: readonly number[]) => at.map((step) => Number((base * schedule(asked)(step, steps)).toPrecision(12)));

describe('a schedule', () => {
  it('of ULMFiT rises for a tenth of the steps and falls for the rest', () => {
    expect(rates({ name: 'slanted_triangular' }, 0.01, 100, [0, 5, 10, 55, 99])).toEqual([3.125e-4, 5.15625e-3, 0.01, 5.15625e-3, 4.20138888889e-4]);
  });

  it('of one cycle goes through fastai’s values, and ends at its lowest', () => {
    const [first, ...others] = rates({ name: 'one_cycle' }, 0.01, 9, [0, 1, 2, 5, 8]);
    expect([first, ...others.slice(0, 3)]).toEqual([4e-4, 5.2e-3, 0.01, 5.00005e-3]);
    expect(others[3]).toBeCloseTo(1e-7, 15);
  });

  it('in stairs with a warm-up is BiT’s HyperRule, which falls a step after its milestones', () => {
    const at = [0, 50, 100, 200, 201, 301, 401, 499];
    expect(rates({ name: 'step', warmup: 0.2 }, 0.003, 500, at)).toEqual([0, 0.0015, 0.003, 0.003, 3e-4, 3e-5, 3e-6, 3e-6]);
  });

  it('of the cosine is at its middle halfway, and on its way to the last value', () => {
    expect(rates({ name: 'cosine' }, 1, 4, [0, 1, 2, 3])).toEqual([1, 0.853553390593, 0.5, 0.146446609407]);
    expect(rates({ name: 'cosine', final_factor: 0.2 }, 1, 2, [0, 1])).toEqual([1, 0.6]);
  });

  it('that warms up rises evenly from 0 and then goes its own way over the steps that are left', () => {
    expect(rates({ name: 'constant', warmup: 0.5 }, 1, 8, [0, 1, 2, 3, 4, 7])).toEqual([0, 0.25, 0.5, 0.75, 1, 1]);
    expect(rates({ name: 'cosine', warmup: 0.5 }, 1, 8, [4, 6])).toEqual([1, 0.5]);
  });

  it.each<[string, ScheduleRequest]>([
    ['constant', { name: 'constant' }],
    ['the cosine that falls by nothing', { name: 'cosine', final_factor: 0.999_999_999_999 }],
    ['stairs of no height', { name: 'step', factor: 1 }],
    ['one cycle of no height', { name: 'one_cycle', div: 1, div_final: 1 }],
    ['a triangle of no height', { name: 'slanted_triangular', ratio: 1 }],
  ])('%s is the rate itself', (_, asked) => {
    for (const step of [0, 1, 37, 99]) expect(schedule(asked)(step, 100)).toBeCloseTo(1, 11);
  });

  it.each(SCHEDULES)('%s is a number from 0 to 1 in each step of a stage of any length', (name) => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), share(1), (steps, part) => {
      const factor = schedule({ name })(Math.floor(part * steps), steps);
      expect(factor).toBeGreaterThanOrEqual(0);
      expect(factor).toBeLessThanOrEqual(1);
    }));
  });

  it.each(SCHEDULES)('%s begins and ends as told in a stage of one step', (name) => {
    expect(Number.isFinite(schedule({ name })(0, 1))).toBe(true);
  });
});

describe('a run by schedule', () => {
  const NET = logitsOf(mlp());
  const EXAMPLES = stripes(210);
  const BATCH = 2;
  const layers = ['dense_1', 'dense_2'];
  const stage = (epochs: number, asked?: ScheduleRequest): Stage =>
    ({ trainable: layers, epochs, steps: epochs * 105, learning_rate: 0.05, ...(asked && { schedule: resolveSchedule(asked) }) });

  async function run(stages: Stage[], { capture = true, from }: { capture?: boolean; from?: Snapshot } = {}) {
    const running = await buildNetwork(tf, NET, freshWeights(NET, 5));
    const { listener } = recorder();
    const snapshots: Snapshot[] = [];
    const watching = {
      ...listener,
      async onCall(_at: object, snapshot: () => Snapshot) {
        snapshots.push(snapshot());
        return 'go' as const;
      },
    };
    const settings = { batch_size: BATCH, optimizer: resolveOptimizer({ name: 'sgd', momentum: 0.9 }), objective: crossEntropy(tf), seed: 1, stages, capture };
    await fit(tf, running, { train: EXAMPLES }, settings, watching, from);
    const weights = running.readWeights();
    running.dispose();
    return { weights, digest: weightsDigest(NET, weights), snapshots };
  }

  it('that is constant gives the bytes of one without', async () => {
    expect((await run([stage(1, { name: 'constant' })])).digest).toBe((await run([stage(1)])).digest);
  });

  it.each(SCHEDULES)('%s takes the same steps recorded and plainly', async (name) => {
    const [recorded, plain] = [await run([stage(1, { name })]), await run([stage(1, { name })], { capture: false })];
    for (const [path, values] of recorded.weights) values.forEach((value, at) => expect(value).toBeCloseTo(plain.weights.get(path)![at]!, 4));
    // Which of one stage of one epoch a plateau's is, too.
    if (name !== 'constant' && name !== 'reduce_on_plateau') expect(recorded.digest).not.toBe((await run([stage(1)])).digest);
  });

  it('goes by the steps of its own stage, not by those of the run', async () => {
    // The rate is gone after the stage's first step: of the second stage one step is left, as if it had no other.
    const oneStep = await run([stage(1), stage(1, { name: 'step', milestones: [0], factor: 0 })]);
    const moved = (await run([stage(1), { ...stage(1), learning_rate: 0 }])).digest;
    expect(oneStep.digest).not.toBe(moved);
  });

  it('that is left anywhere goes on to the same bytes', async () => {
    const stages = [stage(1, { name: 'one_cycle' }), stage(2, { name: 'slanted_triangular' })];
    const whole = await run(stages);
    expect(whole.snapshots.length).toBeGreaterThan(3);
    for (const from of whole.snapshots) expect((await run(stages, { from })).digest).toBe(whole.digest);
  });
});

describe('a rate that falls on a plateau', () => {
  const seen = (values: readonly number[], asked: Partial<Extract<ScheduleRequest, { name: 'reduce_on_plateau' }>> = {}): number[] => {
    const plateau = new Plateau(resolveSchedule({ name: 'reduce_on_plateau', factor: 0.5, patience: 2, min_delta: 0, ...asked }));
    return values.map((value) => {
      plateau.see({ val_loss: value, val_accuracy: value });
      return plateau.state.factor;
    });
  };

  it('falls after so many epochs that were no better than the best, and waits as long again', () => {
    expect(seen([5, 4, 4, 4, 4, 4, 3, 3])).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]);
    expect(seen([1, 2, 2, 2], { metric: 'val_accuracy' })).toEqual([1, 1, 1, 0.5]);
  });

  it('asks for more than min_delta, counts no epoch of the cooldown, and stops at min_factor', () => {
    expect(seen([5, 4.5, 4], { min_delta: 1 })).toEqual([1, 1, 0.5]);
    expect(seen([5, 5, 5, 5, 5, 5, 5, 5, 5], { cooldown: 2 })).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]);
    expect(seen([5, 5, 5, 5, 5], { min_factor: 0.4 })).toEqual([1, 1, 0.5, 0.5, 0.4]);
  });

  it('is the rate of every step that follows, and the same wherever the run was left', async () => {
    const architecture = logitsOf(mlp());
    const train = stripes(24);
    const asked = resolveSchedule({ name: 'reduce_on_plateau', metric: 'loss', patience: 1, min_delta: 10, factor: 0.5 });
    const stages: Stage[] = [{ trainable: ['dense_1', 'dense_2'], epochs: 4, steps: 16, learning_rate: 0.1, schedule: asked }, { trainable: ['dense_2'], epochs: 2, steps: 8, learning_rate: 0.1, schedule: asked }];
    const run = async (of: readonly Stage[], from?: Snapshot) => {
      const network = await buildNetwork(tf, architecture, freshWeights(architecture, from ? 6 : 5));
      const left: Snapshot[] = [];
      const listener = { ...recorder().listener, onCall: async (_at: object, snapshot: () => Snapshot) => (left.push(structuredClone(snapshot())), 'go' as const) };
      await fit(tf, network, { train }, { batch_size: 6, optimizer: resolveOptimizer({ name: 'sgd' }), objective: crossEntropy(tf), seed: 1, stages: of }, listener, from);
      const digest = weightsDigest(architecture, network.readWeights());
      network.dispose();
      return { digest, left };
    };
    const whole = await run(stages);
    expect(whole.left.map(({ plateau }) => plateau!.factor)).toEqual([1, 0.5, 0.25, 0.125, 1, 0.5]);
    for (const from of whole.left) expect((await run(stages, from)).digest).toBe(whole.digest);
    // The same rates, spelt out.
    const spelt = [0.1, 0.1, 0.05, 0.025].map((rate): Stage => ({ trainable: ['dense_1', 'dense_2'], epochs: 1, steps: 4, learning_rate: rate }));
    const last = [0.1, 0.1].map((rate): Stage => ({ trainable: ['dense_2'], epochs: 1, steps: 4, learning_rate: rate }));
    expect((await run([...spelt, ...last])).digest).toBe(whole.digest);
  });
});

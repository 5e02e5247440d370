// A run that is left anywhere and gone on with elsewhere ends like one that never stopped: same bytes, same metrics.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer, type OptimizerRequest } from '#contract/optimizers.js';
import { resolveAugment } from '#contract/augment.js';
import type { Stage } from '#contract/training-specs.js';
import { evaluate } from '#engine/evaluate.js';
import type { Examples } from '#engine/examples.js';
import type { Cursor } from '#engine/checkpoint.js';
import type { Architecture } from '#contract/layers.js';
import { fit, type FitSettings, type Snapshot, type Verdict } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { weightsDigest } from '#models/weights.js';
import { weightsOf } from '#models/architecture.js';
import { inChunks } from '../support/packed.js';
import { counted, crossEntropy, dense, everyTestFreesItsTensors, logitsOf, network, recorder, stripes, type Told } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

// 104 full batches and a short one: an epoch is left after 50 of its steps, and between epochs.
const TRAIN = stripes(209);
const VALIDATION = stripes(40, { seed: 3 });
const NET = network([4, 4, 1], [
  { class_name: 'Flatten' },
  dense(8, 'relu'),
  { class_name: 'BatchNormalization' },
  { class_name: 'Dropout', config: { rate: 0.3 } },
  dense(3, 'softmax'),
]);
const layersOf = (architecture: Architecture): string[] => [...new Set(weightsOf(architecture).map(({ layer }) => layer))];
const stage = (rest: Partial<Stage> = {}): Stage => ({ trainable: layersOf(NET), epochs: 2, steps: 0, learning_rate: 0.05, ...rest });

interface Ended {
  digest: string;
  told: Told;
  next: Verdict;
  snapshots: Snapshot[];
}

/** Trains, keeping a snapshot of every place where the run could be left. @param startSeed of the weights it starts from */
async function run(settings: Partial<FitSettings>, { from, startSeed = 5, stopAt, train = TRAIN }: { from?: Snapshot; startSeed?: number; stopAt?: number; train?: Examples } = {}): Promise<Ended> {
  const logits = logitsOf(NET);
  const running = await buildNetwork(tf, logits, freshWeights(logits, startSeed));
  const { listener, told } = recorder();
  const snapshots: Snapshot[] = [];
  const watching = {
    ...listener,
    async onCall(_at: object, snapshot: () => Snapshot) {
      snapshots.push(snapshot());
      return snapshots.length === stopAt ? ('stop' as const) : ('go' as const);
    },
  };
  const optimizer = resolveOptimizer({ name: 'sgd' });
  try {
    const data = { train, validation: VALIDATION };
    const next = await fit(tf, running, data, counted({ batch_size: 2, optimizer, objective: crossEntropy(tf), seed: 1, stages: [stage()], ...settings }, train), watching, from);
    return { digest: weightsDigest(logits, running.readWeights()), told, next, snapshots };
  } finally {
    running.dispose();
  }
}

/** As it comes back from a file. */
const stored = ({ tensors, ...head }: Snapshot): Snapshot => ({ ...(JSON.parse(JSON.stringify(head)) as Omit<Snapshot, 'tensors'>), tensors });

/** Goes on from places of a whole run, each time in a network with other weights, and compares the ends. */
async function expectTheSameEnd(settings: Partial<FitSettings>, chosen: (cursor: Cursor) => boolean, train = TRAIN): Promise<void> {
  const whole = await run(settings, { train });
  const places = whole.snapshots.filter(({ cursor }) => chosen(cursor));
  expect(places.length).toBeGreaterThan(0);
  for (const snapshot of places) {
    const rest = await run(settings, { from: stored(snapshot), startSeed: 6, train });
    expect(rest.digest).toBe(whole.digest);
    expect(rest.next).toBe(whole.next);
    expect(rest.told.epochs).toEqual(whole.told.epochs.slice(whole.told.epochs.length - rest.told.epochs.length));
    expect(rest.told.steps).toEqual(whole.told.steps.slice(whole.told.steps.length - rest.told.steps.length));
  }
}

const optimizers: OptimizerRequest[] = [
  { name: 'sgd' },
  { name: 'sgd', momentum: 0.9, nesterov: true },
  { name: 'adam', global_clipnorm: 1 },
  { name: 'adamw' },
  { name: 'rmsprop', momentum: 0.5 },
  { name: 'adagrad' },
];

const everywhere = (): boolean => true;
const amidTheFirstEpoch = ({ epoch, examples }: Cursor): boolean => epoch === 1 && examples > 0;

describe('a run gone on with', () => {
  it.each(optimizers)('ends with the same bytes by %j, through dropout and batch normalisation', async (optimizer) => {
    await expectTheSameEnd({ optimizer: resolveOptimizer(optimizer) }, amidTheFirstEpoch);
  });

  it('ends with the same bytes wherever it was left', async () => {
    await expectTheSameEnd({ optimizer: resolveOptimizer({ name: 'adam' }) }, everywhere);
  });

  it('ends with the same bytes in any of three stages, where what learns changes', async () => {
    const [first, norm, last] = layersOf(NET) as [string, string, string];
    const rates = [{ layers: [first, norm], learning_rate: 0.005 }, { layers: [last], learning_rate: 0.01 }];
    const stages = [stage({ trainable: [last], epochs: 1 }), stage({ epochs: 1, rates }), stage({ trainable: [first, norm], epochs: 1 })];
    await expectTheSameEnd({ stages, optimizer: resolveOptimizer({ name: 'adam' }) }, everywhere);
  });

  it('ends with the same bytes where steps are taken plainly', async () => {
    await expectTheSameEnd({ capture: false, optimizer: resolveOptimizer({ name: 'adam' }), stages: [stage({ epochs: 1 }), stage({ epochs: 1 })] }, amidTheFirstEpoch);
  });

  it('ends with the same bytes where examples are changed and mixed', async () => {
    const augment = resolveAugment({ shift: 0.2, noise: 0.1, mixup: 0.3 });
    await expectTheSameEnd({ augment, optimizer: resolveOptimizer({ name: 'adam' }) }, amidTheFirstEpoch);
  });

  it('ends with the same bytes in the middle of a window of streamed data, and between windows', async () => {
    // 21 chunks, six a window: windows of 60 examples or one less, so that calls end elsewhere than reports, at 50 and 100.
    const streamed = await inChunks(TRAIN, 10, 6);
    await expectTheSameEnd({ stages: [stage({ epochs: 1 })] }, everywhere, streamed);
    expect((await run({ stages: [stage({ epochs: 1 })] }, { train: streamed })).snapshots.map(({ cursor }) => cursor.step)).toEqual([30, 59, 89, 105]);
  });

  it('is not the run from its start: without the snapshot the end differs', async () => {
    const whole = await run({});
    const cold = await run({}, { startSeed: 6 });
    expect(cold.digest).not.toBe(whole.digest);
  });
});

describe('a run of so many steps', () => {
  const adam = resolveOptimizer({ name: 'adam' });

  it.each([73, 105, 150])('ends with the same bytes and reports after %i of 210, wherever it was left', async (mostSteps) => {
    await expectTheSameEnd({ optimizer: adam, mostSteps }, everywhere);
  });

  it('ends in the middle of a stage, or between two, as it would have gone on', async () => {
    const [first, , last] = layersOf(NET) as [string, string, string];
    const stages = [stage({ trainable: [last], epochs: 1 }), stage({ trainable: [first], epochs: 1 })];
    const whole = await run({ stages, optimizer: adam });
    for (const mostSteps of [20, 105, 112, 209]) {
      const part = await run({ stages, optimizer: adam, mostSteps });
      expect([part.next, part.snapshots.at(-1)!.cursor.step]).toEqual(['stop', mostSteps]);
      const rest = await run({ stages, optimizer: adam }, { from: stored(part.snapshots.at(-1)!), startSeed: 6 });
      expect(rest).toMatchObject({ digest: whole.digest, next: 'go' });
    }
    expect(await run({ stages, optimizer: adam, mostSteps: 210 })).toMatchObject({ digest: whole.digest, next: 'go' });
  });

  it('has the bytes that the whole run had then, recorded, plainly and from windows of streamed data', async () => {
    const streamed = await inChunks(TRAIN, 10, 6);
    for (const [settings, train, mostSteps] of [[{}, TRAIN, 50], [{ capture: false }, TRAIN, 50], [{}, streamed, 59]] as const) {
      const { snapshots } = await run(settings, { train });
      const then = snapshots.find(({ cursor }) => cursor.step === mostSteps)!;
      const part = await run({ ...settings, mostSteps }, { train });
      expect(part.snapshots.at(-1)).toEqual(then);
    }
  });

  it('tells of the epoch that it cuts, and validates the weights it ends with', async () => {
    const { told, digest } = await run({ mostSteps: 120 });
    expect(told.steps.map(({ position, examples }) => [position.step, examples])).toEqual([[50, 100], [100, 100], [105, 9], [120, 30]]);
    expect(told.epochs.map(({ position }) => [position.epoch, position.step])).toEqual([[1, 105], [2, 120]]);
    const [, cut] = told.epochs;
    expect(cut!.train.loss).toBeCloseTo(told.steps.at(-1)!.mean.loss, 12);

    const logits = logitsOf(NET);
    const ended = (await run({ mostSteps: 120 })).snapshots.at(-1)!;
    const network = await buildNetwork(tf, logits, ended.tensors);
    expect(weightsDigest(logits, network.readWeights())).toBe(digest);
    expect((await evaluate(tf, network, VALIDATION, crossEntropy(tf))).measures).toEqual(cut!.validation);
    network.dispose();
  });
});

describe('a run that is stopped', () => {
  it('keeps what was learned up to then', async () => {
    const stopped = await run({}, { stopAt: 1 });
    expect(stopped.next).toBe('stop');
    const [snapshot] = stopped.snapshots;
    const logits = logitsOf(NET);
    expect(stopped.digest).toBe(weightsDigest(logits, new Map(weightsOf(logits).map(({ path }) => [path, snapshot!.tensors.get(path)!]))));
    expect(snapshot!.cursor).toEqual({ stage: 0, epoch: 1, step: 50, epochsOfStage: 0, examples: 100 });
  });

  it('that went on would have ended otherwise', async () => {
    expect((await run({}, { stopAt: 1 })).digest).not.toBe((await run({})).digest);
  });
});

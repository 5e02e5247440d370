// A change of low rank beside a kernel: that it begins as nothing, that it alone learns, and that in the kernel it is what it was beside it.
import { describe, expect, it } from '@jest/globals';
import type { FineTuneRequest, TransferRequest } from '#contract/job-request.js';
import type { Architecture } from '#contract/layers.js';
import type { Lora } from '#contract/lora.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { inputsOf } from '#engine/feed.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { factorA, factorB, merged, startOfLora } from '#engine/lora.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { trainRun } from '#engine/train-run.js';
import type { RunListener, RunState } from '#engine/watch-run.js';
import type { TrainingData } from '#engine/training-data.js';
import { deltaOf } from '#models/delta.js';
import { weightsDigest, type Weights } from '#models/weights.js';
import { baseModel, classNames, cnn, dataset, dense, everyTestFreesItsTensors, failureOf, fineTune, largestDifference, mlp, network, specOf, stripes, stripesData } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const DEEP = network([4, 4, 1], [{ class_name: 'Flatten' }, dense(12), dense(9, 'tanh'), dense(3, 'softmax')]);
const QUIET: RunListener = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
const TRAINING = { batch_size: 16, optimizer: { name: 'adam', learning_rate: 0.02 }, seed: 7, epochs: 3 } as const;
const base = freshWeights(DEEP, 9);
const OTHER = classNames(3, 'other');
const specWith = (transfer: Partial<TransferRequest> = {}, { architecture = DEEP, labels = OTHER, ...rest }: Partial<FineTuneRequest> & { architecture?: Architecture; labels?: string[] } = {}): ResolvedSpec =>
  specOf(fineTune({ kind: 'parameter', lora: { rank: 2, alpha: 4 }, ...transfer }, { training: TRAINING, ...rest }), dataset({ shape: architecture.input_shape, labels, validation: [4, 4, 4] }), baseModel(architecture));

async function run(spec: ResolvedSpec, { which = 0, from }: { which?: number; from?: RunState } = {}) {
  const left: RunState[] = [];
  const data: TrainingData = { ...stripesData(), validation: stripes(12, { seed: 5 }) };
  const { result, weights } = await trainRun(tf, spec, spec.runs[which]!, data, base, { ...QUIET, onCall: async (_run, _at, save) => (left.push(save()), 'go') }, { from });
  return { result, weights, left };
}
const outputsOf = async (architecture: Architecture, weights: Weights, lora?: Lora): Promise<Float32Array> => {
  const running = await buildNetwork(tf, architecture, weights, lora);
  const inputs = await inputsOf(tf, stripes(30, { seed: 2 }));
  const outputs = tf.tidy(() => running.apply(inputs, false).dataSync() as Float32Array);
  inputs.dispose();
  running.dispose();
  return outputs;
};
/** Of a matrix, by Gauss's elimination with pivots: rows that are more than rounding. */
function rankOf(values: ArrayLike<number>, columns: number): number {
  const rows = Array.from({ length: values.length / columns }, (_, row) => Array.from({ length: columns }, (__, column) => values[row * columns + column]!));
  const largest = Math.max(...rows.flat().map(Math.abs));
  let rank = 0;
  for (let column = 0; column < columns && rank < rows.length; column += 1) {
    const pivot = rows.slice(rank).reduce((best, row, at) => (Math.abs(row[column]!) > Math.abs(rows[best]![column]!) ? at + rank : best), rank);
    if (Math.abs(rows[pivot]![column]!) < 1e-4 * largest) continue;
    [rows[rank], rows[pivot]] = [rows[pivot]!, rows[rank]!];
    for (const row of rows.slice(rank + 1)) {
      const factor = row[column]! / rows[rank]![column]!;
      row.forEach((value, at) => (row[at] = value - factor * rows[rank]![at]!));
    }
    rank += 1;
  }
  return rank;
}
const LORA: Lora = { rank: 2, alpha: 4, layers: ['dense_1', 'dense_2'] };

describe('a change of low rank', () => {
  it('that is nothing yet leaves the outputs as they are, to the bit', async () => {
    const start = startOfLora(DEEP, LORA, 3);
    expect([...start.keys()]).toEqual(['dense_1/lora_a', 'dense_1/lora_b', 'dense_2/lora_a', 'dense_2/lora_b']);
    expect(await outputsOf(DEEP, new Map([...base, ...start]), LORA)).toEqual(await outputsOf(DEEP, base));
    // Kaiming's with a = √5: within 1 / √inputs, of which there are 16 and 12.
    for (const [layer, inputs] of [['dense_1', 16], ['dense_2', 12]] as const) {
      const a = start.get(factorA(layer))!;
      expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(inputs));
      expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.7 / Math.sqrt(inputs));
      expect(start.get(factorB(layer))!.every((value) => value === 0)).toBe(true);
    }
  });

  it('is the same in the kernel as beside it, and no more than its rank', async () => {
    const some = new Map([...base, ...[...startOfLora(DEEP, LORA, 3)].map(([path, values]) => [path, values.map((value, at) => (path.endsWith('b') ? Math.sin(at + 1) / 3 : value))] as const)]);
    const whole = merged(some, LORA);
    expect(largestDifference(await outputsOf(DEEP, some, LORA), await outputsOf(DEEP, whole))).toBeLessThan(1e-5);
    expect(await outputsOf(DEEP, whole, LORA)).toEqual(await outputsOf(DEEP, whole));
    for (const [layer, columns] of [['dense_1', 12], ['dense_2', 9]] as const) {
      const change = whole.get(`${layer}/kernel`)!.map((value, at) => value - base.get(`${layer}/kernel`)![at]!);
      expect(rankOf(change, columns)).toBe(2);
    }
  });
});

describe('a transfer by low rank', () => {
  it('learns the factors of dense layers that were carried over, and what is new; nothing else', async () => {
    const spec = specWith();
    expect(spec.lora).toEqual({ rank: 2, alpha: 4, layers: ['dense_1', 'dense_2'] });
    expect(spec.stages[0]!.trainable).toEqual(['dense_1', 'dense_2', 'dense_3']);
    const { weights, left, result } = await run(spec);
    const last = left.at(-1)!.tensors;
    for (const layer of ['dense_1', 'dense_2']) {
      expect(last.get(`${layer}/kernel`)).toEqual(base.get(`${layer}/kernel`));
      expect(weights.get(`${layer}/bias`)).toEqual(base.get(`${layer}/bias`));
      expect(rankOf(weights.get(`${layer}/kernel`)!.map((value, at) => value - base.get(`${layer}/kernel`)![at]!), layer === 'dense_1' ? 12 : 9)).toBe(2);
    }
    expect([...last.keys()].filter((name) => name.endsWith('/mean'))).toEqual(['dense_3/kernel', 'dense_3/bias', 'dense_1/lora_a', 'dense_1/lora_b', 'dense_2/lora_a', 'dense_2/lora_b'].map((path) => `${path}/mean`));
    expect(result.metrics.test_accuracy).toBeGreaterThan(0.5);
  });

  it('publishes what it measured: the model with the change in its kernels', async () => {
    const spec = specWith();
    const { weights } = await run(spec);
    const delta = deltaOf(spec, weights);
    const head = JSON.parse(Buffer.from(delta.subarray(8, 8 + Number(new DataView(delta.buffer, delta.byteOffset).getBigUint64(0, true)))).toString()) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
    const data = delta.subarray(8 + Number(new DataView(delta.buffer, delta.byteOffset).getBigUint64(0, true)));
    const read = (name: string): Float32Array => new Float32Array(Uint8Array.from(data.subarray(...head[name]!.data_offsets)).buffer);
    expect(Object.keys(head)).toEqual(['__metadata__', 'dense_1/lora_a', 'dense_1/lora_b', 'dense_2/lora_a', 'dense_2/lora_b', 'dense_3/kernel', 'dense_3/bias']);
    expect(head['__metadata__']).toMatchObject({ rank: '2', alpha: '4', base_model: spec.base_model });
    expect(head['dense_2/lora_b']!.shape).toEqual([2, 9]);
    // With the base alone it makes the model again.
    const again = merged(new Map([...base, ...Object.keys(head).slice(1).map((name) => [name, read(name)] as const)]), spec.lora!);
    for (const path of base.keys()) expect(again.get(path)).toEqual(weights.get(path));
  });

  it('ends the same wherever it was left, with an average and a best epoch beside it', async () => {
    const spec = specWith({}, { training: { ...TRAINING, ema: { decay: 0.9 }, early_stopping: { patience: 5 } } });
    const whole = await run(spec);
    for (const from of [whole.left[0]!, whole.left.at(-2)!]) {
      const stored = { ...(JSON.parse(JSON.stringify({ ...from, tensors: undefined })) as Omit<RunState, 'tensors'>), tensors: from.tensors };
      expect(weightsDigest(spec.architecture, (await run(spec, { from: stored })).weights)).toBe(weightsDigest(spec.architecture, whole.weights));
    }
  });

  it('is of the main run alone: its baseline learns all there is', async () => {
    const { left } = await run(specWith({}, { baseline: { scratch: true } }), { which: 1 });
    expect([...left.at(-1)!.tensors.keys()].some((name) => name.includes('lora'))).toBe(false);
    expect(left.at(-1)!.tensors.get('dense_1/kernel/mean')).toBeDefined();
  });

  it.each<[string, () => unknown, string]>([
    ['no dense layer was carried over', () => specWith({}, { architecture: network([4, 4, 1], [{ class_name: 'Conv2D', config: { filters: 2, kernel_size: 2 } }, { class_name: 'Flatten' }, dense(3, 'softmax')]) }), '/transfer/lora'],
    ['none of them learns', () => specWith({ stages: [{ trainable: 'head' }] }), '/transfer/lora'],
    ['a solver would put it in place', () => specWith({ stages: [{ trainable: 'head', solver: { name: 'lbfgs' } }, { trainable: 'head', epochs: 1 }] }, { labels: classNames(3) }), '/transfer/lora'],
    ['it would be interpolated', () => specWith({ preset: 'lp_ft', wise_ft: {} }), '/transfer/wise_ft'],
  ])('is refused where %s', (_, work, pointer) => {
    expect(failureOf(work)).toMatchObject({ code: 'METHOD_NOT_POSSIBLE', pointer });
  });

  it('leaves convolutions as they are', () => {
    expect(specWith({}, { architecture: cnn() }).stages[0]!.trainable).toEqual(['dense_1', 'dense_2']);
    expect(specWith({}, { architecture: mlp() }).lora!.layers).toEqual(['dense_1']);
  });
});

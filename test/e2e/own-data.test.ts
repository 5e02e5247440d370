// Data of one's own through the real service, in the parts and for the task that its files speak of.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Model } from '#contract/model.js';
import { stream } from '#engine/random.js';
import type { TransferReport } from '#contract/transfer-report.js';
import { curveOf, expectSoundLog, killAfterACheckpoint, lasting } from '../support/lasting-job.js';
import { float32Array, int64Array, uint8Array, zipOf } from '../support/numpy.js';
import { expectProblem, fineTune } from '../support/requests.js';
import { Service } from '../support/service.js';

jest.setTimeout(120_000);

const SIDE = 28;
const EPOCHS = 50;
let service: Service;
beforeAll(async () => {
  service = await Service.start({ LOCK_SECONDS: '6', STALL_CHECK_SECONDS: '1', RETRY_SECONDS: '0', CHECKPOINT_SECONDS: '0.1' });
}, 60_000);

/** Pictures of three classes, each with its third of the rows brighter. */
function pictures(count: number, seed: number): { x: Buffer; y: Buffer } {
  const noise = stream(seed, 'test/pictures');
  const labels = Array.from({ length: count }, (_, at) => at % 3);
  const pixels = labels.flatMap((label) => Array.from({ length: SIDE * SIDE }, (_, at) => noise.below(150) + (Math.floor((at * 3) / (SIDE * SIDE)) === label ? 40 : 0)));
  return { x: uint8Array([count, SIDE, SIDE], pixels), y: int64Array([count], labels) };
}

describe('an archive of three parts', () => {
  it('is trained on by its train part, validated by its validation part and tested by its test part, to the same bytes through kills', async () => {
    const [train, val, test] = [pictures(600, 1), pictures(90, 2), pictures(60, 3)];
    const entries = { x_train: train.x, y_train: train.y, x_val: val.x, y_val: val.y, x_test: test.x, y_test: test.y };
    const { id: dataset, content } = await service.uploaded([{ name: 'own.npz', bytes: zipOf(Object.entries(entries).map(([name, bytes]) => ({ name: `${name}.npy`, bytes }))) }]);
    expect(content!.parts).toMatchObject({ train: { examples: 600 }, validation: { examples: 90, class_counts: [30, 30, 30] }, test: { examples: 60 } });

    const whole = await service.succeeds(lasting(dataset, EPOCHS));
    expect(whole.spec.training).toMatchObject({ train_examples: 600, validation_examples: 90, validation_split: 0 });
    expect(Object.keys(whole.metrics)).toEqual(expect.arrayContaining(['loss', 'val_loss', 'val_accuracy', 'test_loss']));
    // A count of ninety, not of sixty or six hundred.
    expect((whole.metrics.val_accuracy! * 90) % 1).toBeCloseTo(0, 6);

    const { id } = await service.submit(lasting(dataset, EPOCHS));
    for (let kill = 0; kill < 2; kill += 1) await killAfterACheckpoint(service, id);
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 3, weights_digest: whole.weights_digest, metrics: whole.metrics });
    expect(await curveOf(service, id)).toEqual(await curveOf(service, whole.id));
    await expectSoundLog(service, ended);

    const both = await service.post('/v1/jobs', { ...lasting(dataset, EPOCHS), training: { validation_split: 0.1 } });
    expectProblem(both, 422, 'INVALID_VALUE', ['/training/validation_split']);
  });
});

/** Prices and rents of houses of four properties: 250,000 and 900, about, each by a line of its own and a bend. */
function houses(count: number, seed: number, offset = 0): { x: Buffer; y: Buffer } {
  const noise = stream(seed, 'test/houses');
  const rows = Array.from({ length: count }, () => Array.from({ length: 4 }, () => noise.below(2000) / 1000 - 1));
  const values = rows.flatMap(([a, b, c, d]) => [
    offset + 250_000 + 40_000 * a! - 25_000 * b! + 10_000 * c! * d! + noise.below(2000) - 1000,
    900 - 120 * b! + 60 * d! + noise.below(10) - 5,
  ]);
  return { x: float32Array([count, 4], rows.flat()), y: float32Array([count, 2], values) };
}

describe('floating-point labels', () => {
  it('are values to be told: learnt to the same bytes through kills, carried over to other values, and reported', async () => {
    const files = ({ x, y }: { x: Buffer; y: Buffer }) => [{ name: 'x.npy', bytes: x }, { name: 'y.npy', bytes: y }];
    const { id: dataset, content } = await service.uploaded(files(houses(1000, 4)));
    expect(content).toMatchObject({ task: 'regression', class_names: [], target: { names: ['y_1', 'y_2'] }, parts: { train: { examples: 800 }, test: { examples: 200 } } });
    const [mean, deviation] = [content!.target!.mean, content!.target!.deviation] as [number[], number[]];
    expect(mean[0]! / 250_000).toBeCloseTo(1, 1);

    const asked = { ...lasting(dataset), training: { epochs: 100, seed: 7, validation_split: 0.1, optimizer: { name: 'adamw' }, loss: { name: 'huber' } } };
    const whole = await service.succeeds(asked);
    expect(whole.spec.target).toEqual({ names: ['y_1', 'y_2'], scale: { mean, deviation } });
    // A spread of about 27,000 is told to within the noise of 577 and what the network cannot bend to.
    expect(whole.metrics.test_r2).toBeGreaterThan(0.97);
    expect(whole.metrics.test_rmse).toBeLessThan(deviation[0]! / 5);

    const { id } = await service.submit(asked);
    for (let kill = 0; kill < 3; kill += 1) await killAfterACheckpoint(service, id);
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 4, weights_digest: whole.weights_digest, metrics: whole.metrics });
    expect(await curveOf(service, id)).toEqual(await curveOf(service, whole.id));
    await expectSoundLog(service, ended);

    // The published model gives prices: its golden outputs are of their size, and proved to be what its files give.
    const model = (await service.get(`/v1/models/${whole.model!}`)).json<Model>();
    expect(model).toMatchObject({ task: 'regression', labels: ['y_1', 'y_2'] });
    const { outputs } = (await service.get(`/v1/jobs/${whole.id}/artifacts/golden.json`)).json<{ outputs: number[][] }>();
    for (const [price, rent] of outputs) expect([price! > 100_000 && price! < 400_000, rent! > 500 && rent! < 1300]).toEqual([true, true]);

    const other = await service.uploaded(files(houses(500, 5, 50_000)));
    const tuned = await service.succeeds(fineTune(other.id, whole.model!, { kind: 'parameter' }, { baseline: { scratch: true }, training: { epochs: 5, seed: 3 } }));
    expect(tuned.spec).toMatchObject({ head: 'keep', target: { scale: { mean: other.content!.target!.mean } } });
    const report = (await service.get(`/v1/jobs/${tuned.id}/artifacts/report.json`)).json<TransferReport>();
    const [main, baseline] = ['main', 'baseline'].map((role) => report.runs.find((run) => run.role === role)!.metrics.test_rmse!) as [number, number];
    expect(report).toMatchObject({ comparison: { metric: 'test_rmse', transfer: main, scratch: baseline, difference: baseline - main, seeds: 1 }, verdict: 'cannot_tell' });
    // Of five epochs by SGD, those that begin with what a hundred taught end far ahead.
    expect(report.comparison!.difference).toBeGreaterThan(0);

    const features = await service.succeeds(fineTune(other.id, whole.model!, { kind: 'feature', cut: 'dense_1' }, { training: { epochs: 20 } }));
    expect(features.metrics.test_r2).toBeGreaterThan(0.5);
  });
});

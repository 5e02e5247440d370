// Data of one's own through the real service, in the parts and for the task that its files speak of.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stream } from '#engine/random.js';
import { curveOf, expectSoundLog, killAfterACheckpoint, lasting } from '../support/lasting-job.js';
import { uint8Array, int64Array, zipOf } from '../support/numpy.js';
import { expectProblem } from '../support/requests.js';
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

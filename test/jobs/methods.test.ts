// Methods of transfer through a whole job: the files they leave, and what a job that starts from a checkpoint of theirs starts from.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import type { Checkpoint } from '#contract/checkpoint.js';
import type { Dataset } from '#contract/dataset.js';
import type { Model } from '#contract/model.js';
import { readCheckpoint } from '#engine/checkpoint.js';
import { AVERAGE } from '#engine/step-maps/average-name.js';
import { weightsDigest } from '#models/weights.js';
import { attemptJob } from '../../workers/train-attempt.js';
import type { PlanJob } from '../support/plan-job.js';
import { expectProblem, fineTune } from '../support/requests.js';
import { held, TestApp } from '../support/app.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
let digits: Dataset;
let letters: Dataset;
let base: PlanJob;
beforeAll(async () => {
  app = await TestApp.open();
  [digits, letters] = [await app.generated(), await app.generated('glyph_letters')];
  base = (await app.model(digits.id)).job;
}, 120_000);

const tuned = (transfer: object, training: object = {}) => fineTune(letters.id, base.model!, { kind: 'parameter', ...transfer }, { training: { epochs: 2, ...training } });

/** An attempt that its worker drains once it has left a checkpoint. */
async function leftOff(body: object): Promise<{ job: PlanJob; checkpoint: Checkpoint }> {
  const { id } = await app.submit(body);
  await app.rooms.queue.remove('train', id);
  const controller = new AbortController();
  const rooms = app.workerRooms({ checkpointSeconds: 0 });
  const children: typeof rooms.children = {
    train: (task, supervision) => rooms.children.train(task, {
      ...supervision,
      onReport(report, makeRoom) {
        supervision.onReport(report, makeRoom);
        if (report.kind === 'checkpoint') controller.abort('closing');
      },
    }),
  };
  await expect(attemptJob({ ...rooms, children }, id, controller.signal, held)).rejects.toThrow();
  return { job: await app.job(id), checkpoint: (await app.get(`/v1/jobs/${id}/checkpoints`)).json<{ data: Checkpoint[] }>().data[0]! };
}

describe('a job that learns by low rank', () => {
  it('has the change alone as a file of its bundle, and a model that gives what it gave', async () => {
    const job = await app.attempt((await app.submit(tuned({ lora: { rank: 2 } }))).id);
    expect(job).toMatchObject({ status: 'succeeded', spec: { lora: { rank: 2, alpha: 8, layers: ['dense_1'] } } });
    const { files } = (await app.get(`/v1/models/${job.model}`)).json<Model>();
    expect(files.map(({ name }) => name)).toContain('lora.safetensors');
    const { bytes } = await app.get(`/v1/jobs/${job.id}/artifacts/lora.safetensors`);
    const head = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString()) as Record<string, { shape: number[] }>;
    expect(Object.entries(head).slice(1).map(([name, { shape }]) => [name, shape])).toEqual([
      ['dense_1/lora_a', [784, 2]], ['dense_1/lora_b', [2, 32]], ['dense_2/kernel', [32, 10]], ['dense_2/bias', [10]],
    ]);
    // The report measures the network that is published.
    const { runs, layers } = (await app.get(`/v1/jobs/${job.id}/report`)).json<{ runs: { metrics: object }[]; layers: { layer: string; l2: number }[] }>();
    expect(runs[0]!.metrics).toEqual(job.metrics);
    expect(layers).toMatchObject([{ layer: 'dense_1' }]);
    expect(layers[0]!.l2).toBeGreaterThan(0);
    expect((await app.get(`/v1/models/${base.model}`)).json<Model>().files.map(({ name }) => name)).not.toContain('lora.safetensors');
  });

  it('is no base before it has ended: its kernels lack the change', async () => {
    const { job } = await leftOff(tuned({ lora: {} }, { epochs: 2_000 }));
    const answer = await app.post('/v1/jobs', { ...tuned({}), base_model: { job: job.id, checkpoint: 'latest' } });
    expect(expectProblem(answer, 422, 'METHOD_NOT_POSSIBLE', ['/base_model/checkpoint']).detail).toContain('start from its model');
    await app.post(`/v1/jobs/${job.id}/cancel`, {});
  });
});

describe('a job that starts from a checkpoint of a run with an average', () => {
  it('starts from the average, which its metrics are of', async () => {
    const { job, checkpoint } = await leftOff(tuned({}, { epochs: 2_000, ema: { decay: 0.99 }, validation_split: 0.2 }));
    const { tensors } = await readCheckpoint(join(app.folder, 'jobs', job.id, 'checkpoints', checkpoint.name), { spec_digest: job.spec_digest, name: checkpoint.name });
    const averages = new Map([...tensors].flatMap(([name, values]) => (name.endsWith(AVERAGE) ? [[name.slice(0, -AVERAGE.length), values] as const] : [])));
    expect([...averages.keys()]).toEqual(['dense_1/kernel', 'dense_1/bias', 'dense_2/kernel', 'dense_2/bias']);
    const from = (transfer: object) => ({ ...fineTune(letters.id, base.model!, transfer), base_model: { job: job.id, checkpoint: checkpoint.name } });
    const next = await app.submit(from({ kind: 'parameter' }));
    expect(next.spec.base_weights_digest).toBe(weightsDigest(job.spec.architecture, averages));
    expect((await app.attempt(next.id)).status).toBe('succeeded');
    await app.post(`/v1/jobs/${job.id}/cancel`, {});
  });
});

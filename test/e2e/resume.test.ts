// The real service when training is interrupted again and again: each attempt goes on from the last checkpoint, to the same bytes.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '#contract/checkpoint.js';
import type { Job } from '#contract/job.js';
import type { MetricPoint } from '#contract/run.js';
import { curveOf, expectSoundLog, hasCheckpoints, killAfterACheckpoint, lasting } from '../support/lasting-job.js';
import { fineTune, pretrain } from '../support/requests.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const SETTINGS = { LOCK_SECONDS: '6', STALL_CHECK_SECONDS: '1', RETRY_SECONDS: '0', CHECKPOINT_SECONDS: '0.1' };
let service: Service;
let dataset: string;
let undisturbed: { digest: string; curve: MetricPoint[] };

beforeAll(async () => {
  service = await Service.start(SETTINGS);
  dataset = (await service.generated('glyph_digits', 600)).id;
  const { id, weights_digest: digest } = await service.succeeds(lasting(dataset));
  undisturbed = { digest: digest!, curve: await curveOf(service, id) };
}, 60_000);

const act = async (id: string, action: string): Promise<Job> => (await service.post(`/v1/jobs/${id}/${action}`)).json<Job>();
const hasStatus = (id: string, wanted: string): Promise<Job> => until(`${id} is ${wanted}`, async () => {
  const job = await service.job(id);
  return job.status === wanted ? job : undefined;
}, 30_000);

describe('a job that is paused and resumed', () => {
  it('twice, and through a new start of the service, ends as if nothing had been', async () => {
    const { id } = await service.submit(lasting(dataset));
    await hasCheckpoints(service, id, 1);
    expect(['pausing', 'paused']).toContain((await act(id, 'pause')).status);
    expect(['pausing', 'paused']).toContain((await act(id, 'pause')).status);
    const { progress } = await hasStatus(id, 'paused');
    expect((await service.processes()).filter(({ command }) => command.startsWith(`train-job ${id}`))).toEqual([]);

    const { dataFolder: folder } = service;
    await service.stop();
    service = await Service.start({ ...SETTINGS, DATA_DIR: folder });
    // The next one goes first, since a paused job waits for nobody.
    await service.succeeds(pretrain(dataset));
    expect(await service.job(id)).toMatchObject({ status: 'paused', progress });

    expect((await act(id, 'resume')).status).toBe('queued');
    await until('it trains again', async () => (await service.job(id)).status === 'running');
    await act(id, 'pause');
    await hasStatus(id, 'paused');
    await act(id, 'resume');
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', stop_reason: 'completed', weights_digest: undisturbed.digest });
    expect(await curveOf(service, id)).toEqual(undisturbed.curve);
    await expectSoundLog(service, ended);
    const listed = (await service.get(`/v1/jobs/${id}/checkpoints`)).json<{ data: Checkpoint[] }>().data;
    expect(listed).toHaveLength(2);
    expect(listed.map(({ step }) => step)).toEqual(listed.map(({ step }) => step).sort((a, b) => b - a));
    for (const action of ['pause', 'resume', 'stop']) expect((await service.post(`/v1/jobs/${id}/${action}`)).status).toBe(409);
  });

  it('before a worker has taken it waits without one, and can be cancelled', async () => {
    const busy = await service.submit(lasting(dataset));
    const { id } = await service.submit(pretrain(dataset));
    expect((await act(id, 'pause')).status).toBe('paused');
    expect((await service.post(`/v1/jobs/${id}/stop`)).status).toBe(409);
    await act(busy.id, 'cancel');
    await service.succeeds(pretrain(dataset));
    expect((await service.job(id)).status).toBe('paused');
    expect((await act(id, 'cancel')).status).toBe('cancelled');
    expect((await service.events(id)).map(({ type }) => type)).toEqual(['job.queued', 'job.paused', 'job.cancelled']);
  });
});

describe('a job that is stopped', () => {
  it('succeeds with the model of what was learnt by then', async () => {
    const { id } = await service.submit(lasting(dataset));
    await service.isTraining(id);
    expect(['stopping', 'finalizing', 'succeeded']).toContain((await act(id, 'stop')).status);
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', stop_reason: 'user_stop', attempt: 1, runs: [{ stop_reason: 'user_stop', budget_reached: null }] });
    expect((await service.events(id)).find(({ type }) => type === 'run.stopped')).toMatchObject({ data: { stop_reason: 'user_stop' } });
    expect(ended.weights_digest).not.toBe(undisturbed.digest);
    expect(ended.progress!.step).toBeLessThan(ended.progress!.steps);
    expect((await service.get(`/v1/jobs/${id}/artifacts/model.json`)).status).toBe(200);
    await expectSoundLog(service, ended);
  });
});

describe('a job whose process is killed again and again', () => {
  it('goes on from its checkpoints to the weights and curves it would have had', async () => {
    const { id } = await service.submit(lasting(dataset));
    for (let kill = 0; kill < 4; kill += 1) await killAfterACheckpoint(service, id);
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 5, weights_digest: undisturbed.digest });
    const resumed = (await service.events(id)).flatMap((event) => (event.type === 'job.resumed' ? [event.data] : []));
    expect(resumed).toHaveLength(4);
    for (const { step, bit_comparable: comparable, differs } of resumed) expect({ begun: step > 0, comparable, differs }).toEqual({ begun: true, comparable: true, differs: [] });
    expect(resumed.map(({ step }) => step)).toEqual(resumed.map(({ step }) => step).sort((a, b) => a - b));
    expect(await curveOf(service, id)).toEqual(undisturbed.curve);
    await expectSoundLog(service, ended);
  });

  it('ends where its budget of steps ends, amid an epoch, and the baseline after as many', async () => {
    const { id: base } = await service.succeeds(pretrain(dataset, { model: { architecture: 'mlp', hidden: [256] } }));
    const { model } = await service.job(base);
    const asked = fineTune(dataset, model!, { kind: 'parameter' }, { baseline: { scratch: true }, training: { epochs: 100, seed: 7, budget: { steps: 1_207 } } });
    const whole = await service.succeeds(asked);
    expect(whole).toMatchObject({ stop_reason: 'budget', progress: { step: 2_414, steps: 2_414, percent: 100 } });
    expect(whole.runs).toMatchObject([
      { role: 'main', steps: 1_207, stop_reason: 'budget', budget_reached: 'steps' },
      { role: 'baseline', steps: 1_207, stop_reason: 'budget', budget_reached: 'steps' },
    ]);

    const { id } = await service.submit(asked);
    for (let kill = 0; kill < 3; kill += 1) await killAfterACheckpoint(service, id);
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 4, stop_reason: 'budget', weights_digest: whole.weights_digest, metrics: whole.metrics });
    expect(ended.runs.map(({ metrics, steps, budget_reached: part }) => ({ metrics, steps, part }))).toEqual(whole.runs.map(({ metrics, steps }) => ({ metrics, steps, part: 'steps' })));
    expect(await curveOf(service, id)).toEqual(await curveOf(service, whole.id));
    await expectSoundLog(service, ended);
  });

  it('in each of its six runs compares three seeds as if nothing had been', async () => {
    const { model } = await service.succeeds(pretrain(dataset, { model: { architecture: 'mlp', hidden: [256] } }));
    const asked = fineTune(dataset, model!, { kind: 'parameter' }, { baseline: { scratch: true, seeds: 3 }, training: { epochs: 100, seed: 7, budget: { steps: 907 } } });
    const whole = await service.succeeds(asked);
    const names = ['main', 'baseline', 'main_2', 'baseline_2', 'main_3', 'baseline_3'];
    expect(whole.runs.map(({ run, seed, steps }) => ({ run, seed, steps }))).toEqual(names.map((run, at) => ({ run, seed: 7 + (at >> 1), steps: 907 })));
    expect(whole.progress).toMatchObject({ step: 5_442, steps: 5_442, percent: 100 });
    const predictions = async (id: string) => (await service.get(`/v1/jobs/${id}/predictions?sort=loss&limit=1000`)).text;
    const report = async ({ id, model: made }: Job) => (await service.get(`/v1/jobs/${id}/report`)).text.replaceAll(id, 'job').replaceAll(made!, 'model');

    const { id } = await service.submit(asked);
    for (const name of names) {
      await hasCheckpoints(service, id, 1, ({ run }) => run === name);
      process.kill((await service.trainingChild()).pid, 'SIGKILL');
    }
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 7, weights_digest: whole.weights_digest, metrics: whole.metrics });
    expect(await report(ended)).toBe(await report(whole));
    // Its main run ended in the second of seven attempts.
    expect(await predictions(id)).toBe(await predictions(whole.id));
    expect(JSON.parse(await predictions(id))).toMatchObject({ has_more: false, data: { length: 100 } });
    expect(await curveOf(service, id)).toEqual(await curveOf(service, whole.id));
    const resumed = (await service.events(id)).flatMap((event) => (event.type === 'job.resumed' ? [event.data.run] : []));
    expect(resumed).toEqual(names);
    await expectSoundLog(service, ended);
  });

  it('in each of three stages, with all that such a run keeps beside its weights', async () => {
    const letters = (await service.generated('glyph_letters', 400)).id;
    const { model } = await service.succeeds(pretrain(dataset, { model: { architecture: 'mlp', hidden: [256] } }));
    const schedule = { name: 'reduce_on_plateau', metric: 'loss', patience: 2, min_delta: 0.01, factor: 0.7 };
    const stages = [
      { trainable: 'head', epochs: 60, learning_rate: 0.01 },
      { trainable: 'all', epochs: 60, lr_decay_per_block: 0.5, schedule },
      { trainable: ['dense_1'], epochs: 60, loss_terms: [{ name: 'l2_sp' }] },
    ];
    const asked = fineTune(letters, model!, { kind: 'parameter', stages, wise_ft: {} }, { training: { seed: 7, validation_split: 0.1, optimizer: { name: 'adam' }, ema: { decay: 0.99 }, early_stopping: { patience: 1_000 } } });
    const whole = await service.succeeds(asked);

    const { id } = await service.submit(asked);
    for (const stage of [0, 1, 2]) {
      await until(`there is a checkpoint of stage ${stage}`, async () => (await service.get(`/v1/jobs/${id}/checkpoints`)).json<{ data: Checkpoint[] }>().data.some((checkpoint) => checkpoint.stage === stage), 60_000);
      process.kill((await service.trainingChild()).pid, 'SIGKILL');
    }
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 4, weights_digest: whole.weights_digest, metrics: whole.metrics });
    expect(ended.runs[0]!.interpolation).toEqual(whole.runs[0]!.interpolation);
    expect(await curveOf(service, id)).toEqual(await curveOf(service, whole.id));
    await expectSoundLog(service, ended);
  });

  it('ends with the epoch in which a metric is good enough', async () => {
    const losses = undisturbed.curve.flatMap(({ values }) => (values.epoch_loss === undefined ? [] : [values.epoch_loss]));
    const bound = losses[79]!;
    const steps = undisturbed.curve.filter(({ values }) => values.epoch_loss !== undefined).find(({ values }) => values.epoch_loss! <= bound)!.step;
    const { id } = await service.submit({ ...lasting(dataset), training: { epochs: 100, seed: 7, budget: { until: { metric: 'loss', at_most: bound } } } });
    for (let kill = 0; kill < 2; kill += 1) await killAfterACheckpoint(service, id);
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', stop_reason: 'budget', runs: [{ steps, stop_reason: 'budget', budget_reached: 'until' }] });
    expect(await curveOf(service, id)).toEqual(undisturbed.curve.filter(({ step }) => step <= steps));
    const told = (await service.events(id)).filter(({ type }) => type === 'run.stopped');
    expect(told).toMatchObject([{ data: { run: 'main', steps, stop_reason: 'budget', budget_reached: 'until' } }]);
  });

  it('goes on from the checkpoint before where the newest is damaged', async () => {
    const { id } = await service.submit(lasting(dataset));
    const folder = join(service.dataFolder, 'store', 'jobs', id, 'checkpoints');
    await hasCheckpoints(service, id, 2);
    process.kill((await service.trainingChild()).pid, 'SIGSTOP');
    const { pid } = await service.trainingChild();
    const newest = (await readdir(folder)).sort().at(-1)!;
    await writeFile(join(folder, newest, 'checkpoint.bin'), 'torn');
    process.kill(pid, 'SIGKILL');

    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', weights_digest: undisturbed.digest });
    const events = await service.events(id);
    expect(events.filter(({ type }) => type === 'job.checkpoint_failed')).toMatchObject([{ data: { checkpoint: newest, error: { code: 'CHECKPOINT_CORRUPT' } } }]);
    expect(events.filter(({ type }) => type === 'job.resumed')).toHaveLength(1);
  });
});

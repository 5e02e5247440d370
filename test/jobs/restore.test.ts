// What is put right in a copy of the store that holds files of different moments.
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { appendFile, cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '#contract/dataset.js';
import type { DatasetReport } from '#contract/dataset-report.js';
import type { JobEvent } from '#contract/event.js';
import type { Job } from '#contract/job.js';
import { forgetLostAnswers } from '#http/idempotency-records.js';
import { Reconciler } from '#jobs/reconcile.js';
import { restore } from '#jobs/restore.js';
import { settle } from '#jobs/settle.js';
import { bundleProblem } from '#models/bundle.js';
import { TryAgain } from '#queue/queue.js';
import { TestApp } from '../support/app.js';
import { fourFiles } from '../support/idx.js';
import { fineTune, pretrain, send } from '../support/requests.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
let dataset: string;
let model: { id: string; job: Job };
const place = (...parts: string[]): string => join(app.folder, ...parts);
const ofJob = (...parts: string[]): string => place('jobs', model.job.id, ...parts);
const ofModel = (...parts: string[]): string => place('models', model.id, ...parts);
const events = (id = model.job.id): Promise<JobEvent[]> => app.rooms.events.read(id);

beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated('glyph_digits', 100)).id;
});
beforeAll(async () => {
  model = await app.model(dataset);
  await cp(app.folder, `${app.folder}-whole`, { recursive: true });
});
/** As it was: one data set, one job, one model. */
afterEach(async () => {
  for (const name of ['datasets', 'jobs', 'models', 'idempotency', 'staging']) {
    await rm(place(name), { recursive: true, force: true });
    await cp(`${app.folder}-whole/${name}`, place(name), { recursive: true }).catch(() => undefined);
  }
  await app.valkey.redis.flushall();
});

const NOTHING = { again: [], lost: [], unreadable: [] };
const restored = () => restore(app.rooms);

/** The job is made again: one bundle with the same weights, one last event, numbered without a gap. */
async function isMadeAgain(): Promise<void> {
  await new Reconciler(app.rooms).look(true);
  expect(await app.rooms.queue.holds('train', model.job.id)).toBe(true);
  const again = await app.attempt(model.job.id);
  expect(again).toMatchObject({ status: 'succeeded', weights_digest: model.job.weights_digest, model: model.id });
  expect(again.attempt).toBeGreaterThan(model.job.attempt);
  expect(await bundleProblem(ofModel(), model.id)).toBeUndefined();
  const told = await events();
  expect(told.map(({ id }) => Number(id))).toEqual(told.map((_, at) => at + 1));
  expect(told.filter(({ type }) => type === 'job.succeeded')).toHaveLength(1);
  expect(told.map(({ data }) => (data as { reason?: string }).reason)).toContain('restored from a copy');
  expect(await restored()).toEqual(NOTHING);
}

describe('a copy', () => {
  it('that is whole stays as it is', async () => {
    const before = await app.traces();
    expect(await restored()).toEqual(NOTHING);
    expect(await app.traces()).toEqual(before);
    expect(await app.job(model.job.id)).toEqual(model.job);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['has no bundle', () => rm(ofModel(), { recursive: true })],
    ['lacks the weights', () => rm(ofModel('group1-shard1of1.bin'))],
    ['holds half of the weights', () => truncate(ofModel('group1-shard1of1.bin'), 40)],
    ['holds no manifest', () => rm(ofModel('manifest.json'))],
    ['holds half of the manifest', () => truncate(ofModel('manifest.json'), 40)],
    ['holds another byte', async () => writeFile(ofModel('report.json'), (await readFile(ofModel('report.json'), 'latin1')).replace('{', '[')),],
    ['has an outcome that is older than the bundle', () => rm(ofJob('outcome.json'))],
    ['has neither outcome nor bundle, and a closed log', async () => {
      await rm(ofJob('outcome.json'));
      await rm(ofModel(), { recursive: true });
    }],
    ['holds half of the outcome', () => truncate(ofJob('outcome.json'), 40)],
    ['knows of no attempt but by the log', async () => {
      await rm(ofJob('attempts'), { recursive: true });
      await rm(ofJob('state.json'));
      await rm(ofJob('outcome.json'));
      await rm(ofModel(), { recursive: true });
    }],
  ])('whose job succeeded and that %s has it made again, to the same bytes', async (_what, lose) => {
    await lose();
    expect(await restored()).toEqual({ ...NOTHING, again: [model.job.id] });
    expect((await app.get(`/v1/models/${model.id}`)).status).toBe(404);
    expect((await app.job(model.job.id)).status).toBe('queued');
    await isMadeAgain();
  });

  it('that holds the bundle in staging only publishes it', async () => {
    const outcome = JSON.parse(await readFile(ofJob('outcome.json'), 'utf8')) as { value: { staging: string } };
    await cp(ofModel(), place('staging', outcome.value.staging), { recursive: true });
    await rm(ofModel(), { recursive: true });
    expect(await restored()).toEqual(NOTHING);
    expect(await app.job(model.job.id)).toEqual(model.job);
    expect(await bundleProblem(ofModel(), model.id)).toBeUndefined();
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['whose state is older', () => rm(ofJob('state.json'))],
    ['whose state is torn', () => truncate(ofJob('state.json'), 20)],
    ['without a last event', () => rm(ofJob('last-event.json'))],
    ['with a torn last event', () => truncate(ofJob('last-event.json'), 20)],
    ['with a torn line before the last event', () => appendFile(ofJob('events.jsonl'), '{"id":"')],
    ['whose log ends before the last event', async () => writeFile(ofJob('events.jsonl'), (await readFile(ofJob('events.jsonl'), 'utf8')).split('\n').slice(0, 2).join('\n'))],
  ])('%s has the end made true that was decided', async (_what, damage) => {
    await damage();
    expect(await restored()).toEqual(NOTHING);
    expect(await app.job(model.job.id)).toMatchObject({ status: 'succeeded', weights_digest: model.job.weights_digest });
    const told = await events();
    expect(told.map(({ id }) => Number(id))).toEqual(told.map((_, at) => at + 1));
    expect(told.filter(({ type }) => type === 'job.succeeded')).toHaveLength(1);
    expect(told.at(-1)!.type).toBe('job.succeeded');
  });

  it('without the bundle of training that was stopped says so, and a retry makes it anew', async () => {
    const path = ofJob('outcome.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"stop_reason":"completed"', '"stop_reason":"user_stop"'));
    await rm(ofModel('golden.json'));
    expect(await restored()).toEqual({ ...NOTHING, lost: [model.job.id] });
    expect(await app.job(model.job.id)).toMatchObject({ status: 'failed', error: { code: 'COPY_INCOMPLETE', retryable: true }, model: null });
    expect((await events()).at(-1)!.type).toBe('job.failed');
    expect((await app.post(`/v1/jobs/${model.job.id}/retry`, {})).status).toBe(201);
  });

  it('does not bring back a model that was deleted', async () => {
    expect((await app.delete(`/v1/models/${model.id}`)).status).toBe(204);
    expect(await restored()).toEqual(NOTHING);
    await cp(`${app.folder}-whole/models`, place('models'), { recursive: true }); // copied before it was deleted
    expect(await restored()).toEqual(NOTHING);
    expect((await app.get(`/v1/models/${model.id}`)).status).toBe(404);
    expect((await app.job(model.job.id)).status).toBe('succeeded');
  });

  it('without all of a model whose job was removed has no such model', async () => {
    await rm(ofJob(), { recursive: true });
    await rm(ofModel('golden.json'));
    expect(await restored()).toEqual({ ...NOTHING, lost: [model.id] });
    expect((await app.get('/v1/models')).json<{ data: unknown[] }>().data).toEqual([]);
  });

  it('with a bundle of a job that was cancelled, or has not ended, has it no more', async () => {
    await rm(ofJob('outcome.json'));
    await rm(ofJob('last-event.json'));
    await rm(ofJob('state.json'));
    await settle(app.rooms.store, model.job.id, { status: 'cancelled', at: new Date().toISOString(), attempt: 1 });
    expect(await restored()).toEqual(NOTHING);
    expect((await app.job(model.job.id)).status).toBe('cancelled');
    expect((await app.get(`/v1/models/${model.id}`)).status).toBe(404);
  });

  it('has no job of which only a part is there', async () => {
    await rm(ofJob('job.json'));
    await restored();
    expect((await new Reconciler(app.rooms).look(true)).removed).toEqual([model.job.id]);
  });

  it('names what cannot be read and leaves it', async () => {
    await truncate(ofJob('job.json'), 20);
    expect(await restored()).toEqual({ ...NOTHING, unreadable: [model.job.id] });
  });

  it('leaves a job alone that nobody had begun', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect(await restored()).toEqual(NOTHING);
    expect(await events(id)).toHaveLength(1);
  });

  it('has a job wait for its base model while that is made again', async () => {
    const tuned = await app.submit(fineTune(dataset, model.id, { kind: 'parameter' }));
    await rm(ofModel('golden.json'));
    expect((await restored()).again).toEqual([model.job.id]);
    await expect(app.attempt(tuned.id)).rejects.toBeInstanceOf(TryAgain);
    expect((await app.job(tuned.id)).attempt).toBe(0);
    await isMadeAgain();
    expect((await app.attempt(tuned.id)).status).toBe('succeeded');
  });
});

describe('a data set in a copy', () => {
  const report = (id: string): Promise<DatasetReport> => app.get(`/v1/datasets/${id}/report`).then((answer) => answer.json<DatasetReport>());
  const shown = async (id: string) => ({ report: await report(id), sheet: (await app.get(`/v1/datasets/${id}/preview`)).bytes });
  const read = (id: string): Promise<Dataset> => app.get(`/v1/datasets/${id}`).then((answer) => answer.json<Dataset>());

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['whose content is missing', (id) => rm(place('datasets', id, 'packed'), { recursive: true })],
    ['of whose content a file is missing', (id) => rm(place('datasets', id, 'packed', 'test.labels.i32'))],
    ['of whose content half a file is there', (id) => truncate(place('datasets', id, 'packed', 'train.inputs.u8'), 7)],
    ['whose outcome is torn', (id) => truncate(place('datasets', id, 'outcome.json'), 20)],
    ['whose outcome is older than its content', (id) => rm(place('datasets', id, 'outcome.json'))],
    ['whose report is missing', (id) => rm(place('datasets', id, 'packed', 'report.json'))],
    ['whose report is torn', (id) => truncate(place('datasets', id, 'packed', 'report.json'), 40)],
    ['whose list of problems is missing', (id) => rm(place('datasets', id, 'packed', 'problems.ndjson'))],
    ['whose preview is torn', (id) => truncate(place('datasets', id, 'packed', 'preview.png'), 40)],
  ])('%s is read again', async (_what, lose) => {
    const whole = await app.uploaded(fourFiles([0, 1, 0, 1], [0, 1]));
    const before = await shown(whole.id);
    await lose(whole.id);
    expect(await restored()).toEqual({ ...NOTHING, again: [whole.id] });
    expect((await read(whole.id)).status).toBe('validating');
    expect((await app.read(whole.id)).content).toEqual(whole.content);
    expect(await shown(whole.id)).toEqual(before);
    expect(await restored()).toEqual(NOTHING);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['without its report', (id) => rm(place('datasets', id, 'report'), { recursive: true })],
    ['with half of its report', (id) => truncate(place('datasets', id, 'report', 'report.json'), 40)],
    ['without its list of problems', (id) => rm(place('datasets', id, 'report', 'problems.ndjson'))],
    ['without its outcome', (id) => rm(place('datasets', id, 'outcome.json'))],
  ])('that is invalid and %s is read again', async (_what, lose) => {
    const { id, error } = await app.uploaded(fourFiles([0, 0, 0, 0], [0, 0]));
    expect(error).toMatchObject({ code: 'CLASSES_TOO_FEW' });
    expect(await restored()).toEqual(NOTHING);
    const before = await report(id);
    await lose(id);
    expect(await restored()).toEqual({ ...NOTHING, again: [id] });
    expect(await app.read(id)).toMatchObject({ status: 'invalid', error });
    expect(await report(id)).toEqual(before);
    expect(before.status).toBe('invalid');
  });

  it('with neither its source nor its report keeps its content', async () => {
    const whole = await app.uploaded(fourFiles([0, 1, 0, 1], [0, 1]));
    await rm(place('datasets', whole.id, 'source'), { recursive: true });
    await truncate(place('datasets', whole.id, 'packed', 'preview.png'), 40);
    expect(await restored()).toEqual(NOTHING);
    expect(await read(whole.id)).toEqual(whole);
    expect((await app.get(`/v1/datasets/${whole.id}/report`)).json()).toMatchObject({ status: 404, code: 'REPORT_NOT_FOUND' });
    expect(await restored()).toEqual(NOTHING);
  });

  it('whose content is staged only becomes ready', async () => {
    const outcome = JSON.parse(await readFile(place('datasets', dataset, 'outcome.json'), 'utf8')) as { value: { staging: string } };
    await cp(place('datasets', dataset, 'packed'), place('staging', outcome.value.staging), { recursive: true });
    await rm(place('datasets', dataset, 'packed'), { recursive: true });
    expect(await restored()).toEqual(NOTHING);
    expect((await read(dataset)).status).toBe('ready');
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['without its source', (id) => rm(place('datasets', id, 'source'), { recursive: true })],
    ['with half of a source file', (id) => truncate(place('datasets', id, 'source', '2'), 20)],
  ])('%s and content says that it is not whole', async (_what, lose) => {
    const { id } = await app.uploaded(fourFiles([0, 1, 0, 1], [0, 1]));
    await lose(id);
    expect(await restored()).toEqual(NOTHING); // the content is there
    await rm(place('datasets', id, 'packed', 'packed.json'));
    expect(await restored()).toEqual({ ...NOTHING, lost: [id] });
    expect(await read(id)).toMatchObject({ status: 'invalid', error: { code: 'COPY_INCOMPLETE' } });
    const job = await app.submit(pretrain(dataset));
    await writeFile(place('jobs', job.id, 'job.json'), (await readFile(place('jobs', job.id, 'job.json'), 'utf8')).replaceAll(dataset, id));
    expect(await app.attempt(job.id)).toMatchObject({ status: 'failed', error: { code: 'DATASET_NOT_READY' } });
  });
});

describe('answers to requests with an Idempotency-Key in a copy', () => {
  it('that tell of a job that is not there are forgotten, and the request makes it', async () => {
    const post = () => send(app.url, '/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' }, body: JSON.stringify(pretrain(dataset)) });
    const { id } = (await post()).json<Job>();
    expect(await forgetLostAnswers(app.rooms.store)).toBe(0);
    await rm(place('jobs', id), { recursive: true });
    expect(await forgetLostAnswers(app.rooms.store)).toBe(1);
    expect((await post()).json<Job>().id).toBe(id);
    expect((await app.job(id)).status).toBe('queued');
  });
});

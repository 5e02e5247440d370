// What is put right in a copy of the store that holds files of different moments.
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '#contract/dataset.js';
import type { DatasetReport } from '#contract/dataset-report.js';
import type { JobEvent } from '#contract/event.js';
import type { Job } from '#contract/job.js';
import type { AnyModel, Model } from '#contract/model.js';
import { forgetLostAnswers } from '#http/idempotency-records.js';
import { predictionsPrefix } from '#jobs/prediction-files.js';
import { Reconciler } from '#jobs/reconcile.js';
import { restore } from '#jobs/restore.js';
import { settle } from '#jobs/settle.js';
import { bundleProblem } from '#models/bundle.js';
import { TryAgain } from '#queue/queue.js';
import { TestApp } from '../support/app.js';
import { fourFiles, type NamedBytes } from '../support/idx.js';
import { json } from '../support/model-files.js';
import { expectProblem, fineTune, multipart, pretrain, send } from '../support/requests.js';
import { temporaryFolder } from '../support/store.js';

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
/** Copies of the store: all of it as it was, and what some tests begin with beside that. */
let whole: string;
let kept: string;
beforeAll(async () => {
  [whole, kept] = [await temporaryFolder(), await temporaryFolder()];
  model = await app.model(dataset);
  await cp(app.folder, whole, { recursive: true });
});
/** What was sent is read once, since each time takes a process, and put back for each test. */
const keep = (key: string): Promise<void> => cp(place(key), join(kept, key), { recursive: true });
const putBack = (key: string): Promise<void> => cp(join(kept, key), place(key), { recursive: true });

/** As it was: one data set, one job, one model. */
afterEach(async () => {
  for (const name of ['datasets', 'imports', 'jobs', 'models', 'idempotency', 'staging']) {
    await rm(place(name), { recursive: true, force: true });
    await cp(join(whole, name), place(name), { recursive: true }).catch(() => undefined);
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

  it.each<[string, (folder: string) => Promise<unknown>]>([
    ['lacks', (folder) => rm(folder, { recursive: true })],
    ['lacks a file of', (folder) => rm(join(folder, 'by-index.bin'))],
    ['holds half of', (folder) => truncate(join(folder, 'by-loss.bin'), 40)],
    ['holds other bytes of', async (folder) => writeFile(join(folder, 'by-loss.bin'), (await readFile(join(folder, 'by-loss.bin'))).fill(7, 0, 1))],
    ['holds half of the head of', (folder) => truncate(join(folder, 'predictions.json'), 20)],
  ])('that %s what was said of each example keeps the job, and says that there is none', async (_what, lose) => {
    const folder = place(predictionsPrefix(model.job.id, model.job.attempt));
    await lose(folder);
    expect(await restored()).toEqual(NOTHING);
    expect(await app.job(model.job.id)).toEqual(model.job);
    expectProblem(await app.get(`/v1/jobs/${model.job.id}/predictions`), 404, 'NO_PREDICTIONS', []);
    expect(existsSync(folder)).toBe(false);
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
      await rm(ofJob('last-state.json'));
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
    ['without any state', () => Promise.all(['state.json', 'last-state.json'].map((name) => rm(ofJob(name))))],
    ['whose state is torn', () => truncate(ofJob('state.json'), 20)],
    ['without a last state', () => rm(ofJob('last-state.json'))],
    ['with a torn last state', () => truncate(ofJob('last-state.json'), 20)],
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
    await cp(join(whole, 'models'), place('models'), { recursive: true }); // copied before it was deleted
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
    await rm(ofJob('last-state.json'));
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
  let ready: Dataset;
  let invalid: Dataset;
  beforeAll(async () => {
    ready = await app.uploaded(fourFiles([0, 1, 0, 1], [0, 1]));
    invalid = await app.uploaded(fourFiles([0, 0, 0, 0], [0, 0]));
    for (const { id } of [ready, invalid]) await keep(`datasets/${id}`);
  });
  beforeEach(async () => {
    for (const { id } of [ready, invalid]) await putBack(`datasets/${id}`);
  });

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
    const before = await shown(ready.id);
    await lose(ready.id);
    expect(await restored()).toEqual({ ...NOTHING, again: [ready.id] });
    expect((await read(ready.id)).status).toBe('validating');
    expect((await app.read(ready.id)).content).toEqual(ready.content);
    expect(await shown(ready.id)).toEqual(before);
    expect(await restored()).toEqual(NOTHING);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['without its report', (id) => rm(place('datasets', id, 'report'), { recursive: true })],
    ['with half of its report', (id) => truncate(place('datasets', id, 'report', 'report.json'), 40)],
    ['without its list of problems', (id) => rm(place('datasets', id, 'report', 'problems.ndjson'))],
    ['without its outcome', (id) => rm(place('datasets', id, 'outcome.json'))],
  ])('that is invalid and %s is read again', async (_what, lose) => {
    const { id, error } = invalid;
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
    await rm(place('datasets', ready.id, 'source'), { recursive: true });
    await truncate(place('datasets', ready.id, 'packed', 'preview.png'), 40);
    expect(await restored()).toEqual(NOTHING);
    expect(await read(ready.id)).toEqual(ready);
    expect((await app.get(`/v1/datasets/${ready.id}/report`)).json()).toMatchObject({ status: 404, code: 'REPORT_NOT_FOUND' });
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
    const { id } = ready;
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

describe('a model that was sent, in a copy', () => {
  let files: NamedBytes[];
  let sent: Model;
  const ofSent = (...parts: string[]): string => place('imports', sent.id, ...parts);
  const bundle = (...parts: string[]): string => place('models', sent.id, ...parts);
  const look = async (): Promise<AnyModel> => (await app.get(`/v1/models/${sent.id}`)).json<AnyModel>();
  /** As in a copy of which these were read before the model was: the files as sent are there still. */
  const withSource = async (): Promise<void> => {
    await mkdir(ofSent('source'));
    await Promise.all(files.map(({ bytes }, number) => writeFile(ofSent('source', String(number)), bytes)));
  };

  beforeAll(async () => {
    files = await Promise.all(['model.json', 'group1-shard1of1.bin'].map(async (name) => ({ name, bytes: await readFile(ofModel(name)) })));
    sent = (await app.imported(files)) as Model;
    expect(sent.status).toBe('ready');
    for (const key of [`imports/${sent.id}`, `models/${sent.id}`]) await keep(key);
  });
  beforeEach(async () => {
    for (const key of [`imports/${sent.id}`, `models/${sent.id}`]) await putBack(key);
  });

  it('stays as it is where it is whole, and where it is invalid', async () => {
    const invalid = await app.imported([json('model.json', {})]);
    expect(await restored()).toEqual(NOTHING);
    expect(await look()).toEqual(sent);
    expect((await app.get(`/v1/models/${invalid.id}`)).json()).toEqual(invalid);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['has no bundle', () => rm(bundle(), { recursive: true })],
    ['lacks the weights', () => rm(bundle('group1-shard1of1.bin'))],
    ['holds half of the manifest', () => truncate(bundle('manifest.json'), 40)],
    ['holds half of the outcome, and no bundle', async () => {
      await truncate(ofSent('outcome.json'), 20);
      await rm(bundle(), { recursive: true });
    }],
    ['has no outcome, and half of a bundle', async () => {
      await rm(ofSent('outcome.json'));
      await rm(bundle('golden.json'));
    }],
  ])('that %s is read again from the files that were sent', async (_what, lose) => {
    await withSource();
    await lose();
    expect(await restored()).toEqual({ ...NOTHING, again: [sent.id] });
    expect(await look()).toMatchObject({ status: 'importing', error: null });
    await new Reconciler(app.rooms).look(true);
    expect(await app.rooms.queue.holds('import', sent.id)).toBe(true);
    expect(await app.readModel(sent.id)).toMatchObject({ status: 'ready', weights_digest: sent.weights_digest, architecture: sent.architecture });
    expect(await restored()).toEqual(NOTHING);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['is gone', async () => undefined],
    ['is there in part', async () => {
      await withSource();
      await truncate(ofSent('source', '1'), 20);
    }],
  ])('says that it is not whole where neither bundle nor source is: what was sent %s', async (_what, leave) => {
    await leave();
    await rm(bundle('golden.json'));
    expect(await restored()).toEqual({ ...NOTHING, lost: [sent.id] });
    expect(await look()).toMatchObject({ status: 'invalid', error: { code: 'COPY_INCOMPLETE' } });
    expect((await app.traces()).paths.filter((path) => path.includes(sent.id)).sort()).toEqual([`imports/${sent.id}`, `imports/${sent.id}/import.json`, `imports/${sent.id}/outcome.json`]);
    expect((await app.delete(`/v1/models/${sent.id}`)).status).toBe(204);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['no outcome', () => rm(ofSent('outcome.json'))],
    ['a torn outcome', () => truncate(ofSent('outcome.json'), 20)],
  ])('is ready where its bundle is whole and there is %s', async (_what, lose) => {
    await withSource();
    await lose();
    expect(await restored()).toEqual(NOTHING);
    expect(await look()).toEqual(sent);
    expect((await app.traces()).paths.filter((path) => path.startsWith(`imports/${sent.id}/source`))).toEqual([]);
    expect(await restored()).toEqual(NOTHING);
  });

  it('is published where its bundle is staged only', async () => {
    const outcome = JSON.parse(await readFile(ofSent('outcome.json'), 'utf8')) as { value: { staging: string } };
    await cp(bundle(), place('staging', outcome.value.staging), { recursive: true });
    await rm(bundle(), { recursive: true });
    expect(await restored()).toEqual(NOTHING);
    expect(await look()).toEqual(sent);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('stays a model without its record, and is gone without record and bundle', async () => {
    await rm(ofSent('import.json'));
    expect(await restored()).toEqual(NOTHING);
    expect(await look()).toEqual(sent);
    await mkdir(ofSent('source'), { recursive: true });
    await writeFile(ofSent('source', '0'), 'x');
    await rm(bundle(), { recursive: true });
    expect(await restored()).toEqual({ ...NOTHING, lost: [sent.id] });
    expect((await app.get(`/v1/models/${sent.id}`)).status).toBe(404);
    expect((await app.traces()).paths.filter((path) => path.includes(sent.id))).toEqual([]);
  });

  it('has the jobs on it wait while it is read again, and fail where it cannot be', async () => {
    const [waits, fails] = [await app.submit(fineTune(dataset, sent.id, { kind: 'parameter' })), await app.submit(fineTune(dataset, sent.id, { kind: 'parameter' }))];
    await withSource();
    await rm(bundle(), { recursive: true });
    expect((await restored()).again).toEqual([sent.id]);
    await expect(app.attempt(waits.id)).rejects.toBeInstanceOf(TryAgain);
    await app.readModel(sent.id);
    expect((await app.attempt(waits.id)).status).toBe('succeeded');
    await rm(bundle(), { recursive: true });
    expect((await restored()).lost).toEqual([sent.id]);
    expect(await app.attempt(fails.id)).toMatchObject({ status: 'failed', error: { code: 'MODEL_NOT_READY' } });
  });

  it('is sent again under its Idempotency-Key where the copy holds the answer alone', async () => {
    const { headers, body } = multipart(files);
    const post = () => send(app.url, '/v1/models/imports', { method: 'POST', headers: { ...headers, 'idempotency-key': 'm1' }, body });
    const { id } = (await post()).json<AnyModel>();
    expect(await forgetLostAnswers(app.rooms.store)).toBe(0);
    await rm(place('imports', id), { recursive: true });
    expect(await forgetLostAnswers(app.rooms.store)).toBe(1);
    expect((await post()).json<AnyModel>()).toMatchObject({ id, status: 'importing' });
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

// GET /v1/jobs/{id}/predictions: what the published model said of each test example, by what must agree with it.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetExample } from '#contract/dataset-report.js';
import type { ExampleClass, ExamplePrediction, ExampleValues } from '#contract/example-prediction.js';
import type { Predictions } from '#contract/prediction.js';
import type { ListOf } from '#contract/schema.js';
import { predictionsPrefix } from '#jobs/prediction-files.js';
import { TestApp } from '../support/app.js';
import type { PlanJob } from '../support/plan-job.js';
import { expectProblem, fineTune, pretrain } from '../support/requests.js';
import { file } from '../support/tables.js';

jest.setTimeout(120_000);

let app: TestApp;
let digits: string;
/** Its test examples. */
let count: number;
let letters: string;
let base: PlanJob;
beforeAll(async () => {
  app = await TestApp.open();
  const dataset = await app.generated('glyph_digits', 600);
  [digits, count] = [dataset.id, dataset.content!.parts.test.examples];
  letters = (await app.generated('glyph_letters')).id;
  base = (await app.model(digits)).job;
});

const pageOf = async <T extends ExamplePrediction>(id: string, query = '?limit=1000'): Promise<ListOf<T>> => (await app.get(`/v1/jobs/${id}/predictions${query}`)).json<ListOf<T>>();
const classesOf = async (id: string, query?: string): Promise<ExampleClass[]> => (await pageOf<ExampleClass>(id, query)).data;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const attempted = async (body: object): Promise<PlanJob> => {
  const job = await app.attempt((await app.submit(body)).id);
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  return job;
};

/** What is measured of a classifier, from what it said of each example. */
function expectAgreement(job: PlanJob, said: readonly ExampleClass[]): void {
  const { metrics, confusion_matrix: confusion } = job.runs.find(({ run }) => run === 'main')!;
  const { class_names: names } = job.spec;
  expect(said.map(({ index }) => index)).toEqual(said.map((_, at) => at));
  expect(mean(said.map(({ loss }) => loss!))).toBe(metrics.test_loss);
  expect(said.filter((one) => one.true === one.predicted).length / said.length).toBe(metrics.test_accuracy);
  expect(names.map((row) => names.map((column) => said.filter((one) => one.true === row && one.predicted === column).length))).toEqual(confusion);
}

describe('GET /v1/jobs/{id}/predictions', () => {
  it('is what test loss, accuracy and confusion matrix are made of, and what the model itself says', async () => {
    const said = await classesOf(base.id);
    expectAgreement(base, said);
    for (const { true: own, predicted, probability, loss } of said) {
      if (own === predicted) expect(probability).toBeCloseTo(Math.exp(-loss!), 5);
      else expect(probability).toBeGreaterThanOrEqual(Math.exp(-loss!) * 0.99999);
    }
    const [first] = said;
    expect(first).toEqual({
      id: '0', object: 'example_prediction', dataset: digits, part: 'test', index: 0,
      true: expect.any(String), predicted: expect.any(String), probability: expect.any(Number), loss: expect.any(Number),
    });
    for (const { dataset, part, index, ...one } of said.slice(-3)) {
      const example = (await app.get(`/v1/datasets/${dataset}/examples/${index}?part=${part}`)).json<DatasetExample>();
      expect(example.class_name).toBe(one.true);
      const asked = (await app.post(`/v1/models/${base.model}/predict`, { instances: [nested(example)] })).json<Predictions>();
      expect(asked.data).toMatchObject([{ label: one.predicted, probability: expect.closeTo(one.probability!, 5) }]);
    }
  });

  it('pages in either order, each example once', async () => {
    for (const sort of ['index', 'loss']) {
      const whole = await classesOf(base.id, `?limit=1000&sort=${sort}`);
      const paged: ExampleClass[] = [];
      let path: string | undefined = `/v1/jobs/${base.id}/predictions?sort=${sort}&limit=37`;
      while (path !== undefined) {
        const answer = await app.get(path);
        const { data, last_id: last, has_more: more } = answer.json<ListOf<ExampleClass>>();
        expect(data.length > 0 && data.length <= 37).toBe(true);
        paged.push(...data);
        path = /^<(.+)>; rel="next"$/.exec(String(answer.headers.link))?.[1];
        expect({ more, last }).toEqual({ more: path !== undefined, last: data.at(-1)!.id });
      }
      expect(paged).toEqual(whole);
    }
  });

  it('by loss has the greatest first', async () => {
    const [byIndex, byLoss] = [await classesOf(base.id), await classesOf(base.id, '?limit=1000&sort=loss')];
    expect(byLoss).toEqual([...byIndex].sort((one, other) => other.loss! - one.loss! || one.index - other.index));
    expect(byLoss.map(({ index }) => index)).not.toEqual(byIndex.map(({ index }) => index));
    expect((await pageOf(base.id, '?sort=loss&limit=1')).data).toEqual(byLoss.slice(0, 1));
  });

  it('is narrowed to a cell of the confusion matrix, a row or a column, in either order', async () => {
    const [byIndex, byLoss] = [await classesOf(base.id), await classesOf(base.id, '?limit=1000&sort=loss')];
    const wrong = byLoss.find((one) => one.true !== one.predicted)!;
    expect(await classesOf(base.id, `?true=${wrong.true}&predicted=${wrong.predicted}`)).toEqual(byIndex.filter((one) => one.true === wrong.true && one.predicted === wrong.predicted));
    expect(await classesOf(base.id, `?true=${wrong.true}&sort=loss&limit=1000`)).toEqual(byLoss.filter((one) => one.true === wrong.true));
    const column = byLoss.filter((one) => one.predicted === wrong.predicted);
    expect(await classesOf(base.id, `?predicted=${wrong.predicted}&sort=loss&limit=1&after=${column[0]!.index}`)).toEqual(column.slice(1, 2));
  });

  it('refuses what there is not', async () => {
    for (const field of ['true', 'predicted']) expectProblem(await app.get(`/v1/jobs/${base.id}/predictions?${field}=ten`), 422, 'CLASS_UNKNOWN', [`/${field}`]);
    for (const sort of ['index', 'loss']) expectProblem(await app.get(`/v1/jobs/${base.id}/predictions?sort=${sort}&after=${count}`), 422, 'INVALID_VALUE', ['/after']);
    for (const forged of ['-1', 'x', '1.5', '1e99', '', '0&after=1']) expectProblem(await app.get(`/v1/jobs/${base.id}/predictions?after=${forged}`), 422, 'INVALID_VALUE', ['/after']);
    expectProblem(await app.get(`/v1/jobs/${base.id}/predictions?sort=probability`), 422, 'INVALID_VALUE', ['/sort']);
    expectProblem(await app.get(`/v1/jobs/${base.id}/predictions?limit=1001`), 422, 'INVALID_VALUE', ['/limit']);
    expect((await pageOf(base.id, `?after=${count - 1}`)).data).toEqual([]);
  });
});

/** Values of an example in the shape of the input. */
function nested({ shape: [rows = 0, columns = 0], values }: DatasetExample): (number | null)[][] {
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

describe('what is said of each example', () => {
  const probe = [{ trainable: 'head', epochs: 1 }];
  it.each<[string, () => object]>([
    ['parameters, beside a baseline', () => fineTune(letters, base.model!, { kind: 'parameter', preset: 'lp_ft' }, { baseline: { scratch: true } })],
    ['features', () => fineTune(letters, base.model!, { kind: 'feature', cut: 'penultimate', head: [{ class_name: 'Dense', config: { units: 8 } }] })],
    ['structure', () => fineTune(letters, base.model!, { kind: 'structure', edits: [{ resize: 'dense_1', units: 8 }], stages: probe })],
    ['parameters, in closed form', () => fineTune(letters, base.model!, { kind: 'parameter', stages: [{ trainable: 'head', solver: { name: 'lda' } }] })],
    ['parameters, interpolated', () => fineTune(letters, base.model!, { kind: 'parameter', preset: 'lp_ft', wise_ft: {} }, { training: { validation_split: 0.2 } })],
    ['a low rank', () => fineTune(letters, base.model!, { kind: 'parameter', lora: { rank: 2 }, stages: [{ trainable: 'all', epochs: 1 }] })],
    ['nothing, by dense targets', () => pretrain(letters, { training: { epochs: 1, loss: { name: 'categorical_crossentropy', label_smoothing: 0.1 } } })],
    ['nothing, each class by itself', () => pretrain(letters, { training: { epochs: 1, loss: { name: 'binary_crossentropy' } } })],
  ])('agrees with what is measured of all: %s', async (_what, body) => {
    const job = await attempted(body());
    const said = await classesOf(job.id);
    expectAgreement(job, said);
    for (const { probability } of said) expect(probability! > 0 && probability! <= 1).toBe(true);
    const sorted = [...said].sort((one, other) => other.loss! - one.loss! || one.index - other.index);
    expect(await classesOf(job.id, '?sort=loss&limit=1000')).toEqual(sorted);
  });

  it('is of the likelier class where one output tells two apart', async () => {
    const pets = await app.uploaded(file(['age,weight,label', ...Array.from({ length: 90 }, (_, row) => `${row % 9},${row % 4},${row % 3 ? 'cat' : 'dog'}`)].join('\n')), [['table', '{"target":"label"}']]);
    const job = await attempted(pretrain(pets.id, { model: { architecture: 'mlp', hidden: [4] }, training: { epochs: 3, loss: { name: 'binary_crossentropy' } } }));
    expect(job.spec.architecture.layers.at(-1)).toMatchObject({ config: { units: 1, activation: 'sigmoid' } });
    const said = await classesOf(job.id);
    expectAgreement(job, said);
    for (const { true: own, predicted, probability, loss } of said) {
      expect(probability).toBeGreaterThanOrEqual(0.5);
      expect(own === predicted ? probability! : 1 - probability!).toBeCloseTo(Math.exp(-loss!), 5);
    }
  });

  it('has no probability where the network gives none', async () => {
    const layers = [{ class_name: 'Flatten' }, { class_name: 'Dense', config: { units: 10 } }];
    const job = await attempted(pretrain(digits, { model: { layers }, training: { epochs: 1, loss: { name: 'mean_squared_error' } } }));
    const said = await classesOf(job.id);
    expectAgreement(job, said);
    expect(new Set(said.map(({ probability }) => probability))).toEqual(new Set([null]));
  });

  it('is values with their errors, in the unit of the target, where that is values', async () => {
    const prices = await app.uploaded(file(['size,rooms,price', ...Array.from({ length: 60 }, (_, at) => `${at},${at % 5},${1000.5 + 20 * at}`)].join('\n')), [['table', '{"target":"price"}']]);
    const job = await attempted(pretrain(prices.id, { training: { epochs: 3 } }));
    expect(job.spec.target).toMatchObject({ names: ['price'], scale: {} });
    const { data: said } = await pageOf<ExampleValues>(job.id);
    expect(mean(said.map(({ loss }) => loss!))).toBe(job.metrics.test_loss);
    expect(mean(said.flatMap(({ error }) => error.map((one) => Math.abs(one!))))).toBeCloseTo(job.metrics.test_mae!, 9);
    for (const { true: own, predicted, error } of said) expect(predicted[0]! - own[0]!).toBeCloseTo(error[0]!, 3);
    const { dataset, index, ...last } = said.at(-1)!;
    const example = (await app.get(`/v1/datasets/${dataset}/examples/${index}?part=test`)).json<DatasetExample>();
    expect(example.target).toEqual(last.true);
    expect((await pageOf(job.id, '?sort=loss&limit=1000')).data).toEqual([...said].sort((one, other) => other.loss! - one.loss! || one.index - other.index));
    expectProblem(await app.get(`/v1/jobs/${job.id}/predictions?true=1000`), 422, 'INVALID_VALUE', ['/true']);
  });

  it('is the same for the same seed', async () => {
    const again = await attempted(pretrain(digits));
    expect((await app.get(`/v1/jobs/${again.id}/predictions?limit=1000&sort=loss`)).text).toBe((await app.get(`/v1/jobs/${base.id}/predictions?limit=1000&sort=loss`)).text);
  });
});

describe('a job without predictions', () => {
  it('is one that has not ended, or not succeeded', async () => {
    const { id } = await app.submit(pretrain(digits));
    expect(expectProblem(await app.get(`/v1/jobs/${id}/predictions`), 409, 'NO_ARTIFACTS_YET', []).detail).toContain('queued');
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect(expectProblem(await app.get(`/v1/jobs/${id}/predictions`), 409, 'NO_ARTIFACTS_YET', []).detail).toContain('cancelled');
  });

  it('is one that makes no model', async () => {
    const { id } = await app.submit({ type: 'lr_find', dataset: digits, model: { architecture: 'mlp', hidden: [8] } });
    expectProblem(await app.get(`/v1/jobs/${id}/predictions`), 404, 'NO_PREDICTIONS', []);
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('is one that is deleted while they are read', async () => {
    const { id } = await attempted(pretrain(digits));
    const open = app.rooms.store.open.bind(app.rooms.store);
    const opened = jest.spyOn(app.rooms.store, 'open').mockImplementationOnce((key, range) => {
      rmSync(join(app.folder, 'jobs', id), { recursive: true });
      return open(key, range);
    });
    expectProblem(await app.get(`/v1/jobs/${id}/predictions`), 404, 'JOB_NOT_FOUND', []);
    opened.mockRestore();
  });

  it('is one of before there were any, and one that is gone, with all of them', async () => {
    const job = await attempted(pretrain(digits));
    const folder = join(app.folder, predictionsPrefix(job.id, job.attempt));
    expect((await app.delete(`/v1/models/${job.model}`)).status).toBe(204);
    expect((await classesOf(job.id)).length).toBe(count);
    await rm(folder, { recursive: true });
    expect(expectProblem(await app.get(`/v1/jobs/${job.id}/predictions`), 404, 'NO_PREDICTIONS', []).detail).toContain('an earlier version');
    expect((await app.delete(`/v1/jobs/${base.id}`)).status).toBe(204);
    expect((await app.traces()).paths.filter((path) => path.includes(base.id))).toEqual([]);
    expectProblem(await app.get(`/v1/jobs/${base.id}/predictions`), 404, 'JOB_NOT_FOUND', []);
  });
});

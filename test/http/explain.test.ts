// Explanations over HTTP: what they say, by what must agree with it; what is refused before any work; what they leave.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import type { ExampleClass } from '#contract/example-prediction.js';
import type { ExplainedExample, ExplainedValues, ExplainReport } from '#contract/explain-report.js';
import type { JobEstimate } from '#contract/estimate.js';
import type { Job } from '#contract/job.js';
import type { JobSchema } from '#contract/job-schema.js';
import type { Lineage } from '#contract/lineage.js';
import type { BundleFile } from '#contract/model.js';
import type { ListOf } from '#contract/schema.js';
import type { ExplainSpec } from '#contract/untrained-specs.js';
import { TestApp } from '../support/app.js';
import { expectProblem } from '../support/requests.js';
import { file } from '../support/tables.js';

jest.setTimeout(180_000);

let app: TestApp;
let digits: string;
let dense: string;
let convolutional: string;
beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits', 600)).id;
  dense = (await app.model(digits, { training: { epochs: 6 } })).id;
  convolutional = (await app.model(digits, { model: { architecture: 'cnn' }, training: { epochs: 1 } })).id;
});

const explaining = (more: object = {}): object => ({ type: 'explain', model: dense, dataset: digits, ...more });
async function explained(body: object): Promise<{ job: Job; report: ExplainReport }> {
  const job = (await app.attempt((await app.submit(body)).id)) as Job;
  expect(job).toMatchObject({ status: 'succeeded', error: null, model: null, stop_reason: 'completed' });
  return { job, report: (await app.get(`/v1/jobs/${job.id}/report`)).json<ExplainReport>() };
}
const valuesOf = async ({ id }: Pick<Job, 'id'>, { values }: ExplainedExample): Promise<ExplainedValues> => (await app.get(`/v1/jobs/${id}/artifacts/${values!}`)).json<ExplainedValues>();
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe('an explanation', () => {
  it('of pictures uses all methods that the network allows, on the examples of the greatest loss', async () => {
    const { job, report } = await explained(explaining({ model: convolutional, worst: 3 }));
    const spec = job.spec as ExplainSpec;
    expect(report).toMatchObject({ object: 'explain_report', job: job.id, model: convolutional, dataset: digits, task: 'classification', part: 'test', methods: ['integrated_gradients', 'grad_cam', 'occlusion', 'nearest_examples'], distance: 'cosine', permutation_importance: null });
    expect(spec.auto.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(['/methods', '/grad_cam/layer', '/occlusion', '/seed']));
    const measured = await app.attempt((await app.submit({ type: 'evaluate', model: convolutional, dataset: digits, resamples: 200 })).id);
    const worst = (await app.get(`/v1/jobs/${measured.id}/predictions?sort=loss&limit=3`)).json<ListOf<ExampleClass>>().data;
    expect(report.examples.map(({ example }) => example)).toEqual(worst);
    for (const one of report.examples) {
      expect(one.output.name).toBe((one.example as ExampleClass).predicted);
      expect(one.integrated_gradients).toMatchObject({ baseline: 'zeros', is_complete: true });
      expect(one.grad_cam!.layer).toBe(spec.grad_cam!.layer);
      expect(one.occlusion).toMatchObject({ patch: 8, stride: 4, grid: [6, 6] });
      expect(one.nearest_examples).toHaveLength(5);
    }
  });

  it('has its maps as numbers, which sum to what the report says, and as pictures', async () => {
    const { job, report } = await explained(explaining({ model: convolutional, worst: 2 }));
    for (const one of report.examples) {
      const { index, integrated_gradients: shares, grad_cam: cam, occlusion } = await valuesOf(job, one);
      expect(index).toBe(one.example.index);
      expect(shares!.shape).toEqual([28, 28, 1]);
      expect(sumOf(shares!.values)).toBeCloseTo(one.integrated_gradients!.sum, 4);
      expect(Math.abs(one.integrated_gradients!.sum - one.integrated_gradients!.difference)).toBeLessThanOrEqual(0.01 * Math.abs(one.integrated_gradients!.difference) + 1e-4);
      expect(cam!.shape).toEqual(one.grad_cam!.grid);
      expect(Math.min(...cam!.values)).toBeGreaterThanOrEqual(0);
      expect(occlusion!.values).toHaveLength(36);
      for (const { picture } of [one.integrated_gradients!, one.grad_cam!, one.occlusion!]) {
        const { headers, bytes } = await app.get(`/v1/jobs/${job.id}/artifacts/${picture!}`);
        expect(headers['content-type']).toBe('image/png');
        expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 224, height: 224, channels: 3 });
      }
    }
    const names = (await app.get(`/v1/jobs/${job.id}/artifacts`)).json<{ data: BundleFile[] }>().data.map(({ name }) => name);
    expect(names).toEqual([...report.files.map(({ name }) => name), 'report.json']);
    expect(names).toHaveLength(2 * 4 + 1);
  });

  it('of named examples keeps their order, and explains the class that is asked for', async () => {
    const { report } = await explained(explaining({ examples: [7, 2], output: '3', methods: ['occlusion', 'nearest_examples'] }));
    expect(report.examples.map(({ example }) => example.index)).toEqual([7, 2]);
    expect(report.examples.map(({ output }) => output.name)).toEqual(['3', '3']);
    expect(report.examples[0]).not.toHaveProperty('integrated_gradients');
    const { report: predicted } = await explained(explaining({ examples: [7], methods: ['occlusion'] }));
    const [first] = predicted.examples;
    expect(first!.output.value).toBeGreaterThanOrEqual(report.examples[0]!.output.value);
  });

  it('finds of an example of the train part its like, and never itself', async () => {
    const { report } = await explained(explaining({ part: 'train', examples: [0, 1, 2], methods: ['nearest_examples'], nearest_examples: { count: 3, distance: 'euclidean' } }));
    for (const { example, nearest_examples: nearest, values } of report.examples) {
      expect(values).toBeNull();
      expect(nearest!.map(({ index }) => index)).not.toContain(example.index);
      const far = nearest!.map(({ distance }) => distance);
      expect(far).toEqual([...far].sort((one, other) => one - other));
      expect(nearest!.every(({ true: truth }) => typeof truth === 'string')).toBe(true);
    }
  });

  it('of a table tells which columns count: one that says the class, and not one that says nothing', async () => {
    const rows = Array.from({ length: 240 }, (_, at) => `${at % 2 === 0 ? 1 : -1},${(at * 7919) % 13},${['x', 'y', 'z'][(at * 31) % 3]!},${at % 2 === 0 ? 'even' : 'odd'}`);
    const table = await app.uploaded(file(['sign,noise,letter,class', ...rows].join('\n')), [['table', JSON.stringify({ target: 'class' })]]);
    const { id } = await app.model(table.id, { model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 30 } });
    const { report } = await explained({ type: 'explain', model: id, dataset: table.id, permutation_importance: { repeats: 5 } });
    expect(report.methods).toEqual(['nearest_examples', 'permutation_importance']);
    const { columns, metric, value, repeats, examples } = report.permutation_importance!;
    expect({ metric, repeats, examples }).toEqual({ metric: 'accuracy', repeats: 5, examples: 48 });
    expect(value).toBeGreaterThan(0.9);
    expect(columns.map(({ column }) => column).sort()).toEqual(['letter', 'noise', 'sign']);
    expect(columns[0]).toMatchObject({ column: 'sign' });
    expect(columns[0]!.importance).toBeGreaterThan(0.3);
    for (const { importance } of columns.slice(1)) expect(Math.abs(importance)).toBeLessThan(0.1);
  });

  it('of two classes told by one output speaks for one with what speaks against the other', async () => {
    const rows = Array.from({ length: 120 }, (_, at) => [at % 2, ...Array.from({ length: 4 }, (_unused, place) => ((at * 31 + place * 17) % 7) / 7 + (at % 2) * (place === 0 ? 1 : 0))].join(','));
    const table = await app.uploaded(file(['class,a,b,c,d', ...rows].join('\n')), [['table', JSON.stringify({ target: 'class' })], ['task', 'classification']]);
    const { id } = await app.model(table.id, { model: { layers: [{ class_name: 'Dense', config: { units: 1, activation: 'sigmoid' } }] }, training: { epochs: 10, loss: { name: 'binary_crossentropy' } } });
    const of = async (output: string): Promise<ExplainReport> => (await explained({ type: 'explain', model: id, dataset: table.id, examples: [0], output, methods: ['nearest_examples'] })).report;
    const [zero, one] = [await of('0'), await of('1')];
    expect(zero.examples[0]!.output.value).toBeCloseTo(-one.examples[0]!.output.value, 6);
  });

  it('is the same bytes again', async () => {
    const [first, again] = [await explained(explaining({ worst: 2 })), await explained(explaining({ worst: 2 }))];
    expect({ ...again.report, job: first.job.id }).toEqual(first.report);
  });

  it('is known in the lineage of its model, has an estimate, and a template that can be sent as it is', async () => {
    const { job } = await explained(explaining({ worst: 1, methods: ['occlusion'] }));
    const { edges } = (await app.get(`/v1/models/${dense}/lineage`)).json<Lineage>();
    expect(edges).toContainEqual({ from: dense, to: job.id, relation: 'explained' });
    const estimate = (await app.post('/v1/jobs?dry_run=true', explaining())).json<JobEstimate>();
    expect(estimate).toMatchObject({ object: 'job_estimate', steps: 0, runs: [], spec: { type: 'explain' } });
    const { template, missing } = (await app.get('/v1/jobs/schema?type=explain')).json<JobSchema>();
    expect(missing).toEqual([]);
    expect((await app.post('/v1/jobs?dry_run=true', template)).status).toBe(200);
  });

  it.each([
    ['a method that the network does not allow', { methods: ['grad_cam'] }, 'METHOD_NOT_POSSIBLE', '/methods/0'],
    ['a method of tables on pictures', { methods: ['occlusion', 'permutation_importance'] }, 'METHOD_NOT_POSSIBLE', '/methods/1'],
    ['settings of a method that is not used', { methods: ['occlusion'], nearest_examples: { count: 2 } }, 'INVALID_VALUE', '/nearest_examples'],
    ['an example that there is not', { examples: [0, 100] }, 'INVALID_VALUE', '/examples/1'],
    ['both examples and how many', { examples: [0], worst: 2 }, 'INVALID_VALUE', '/worst'],
    ['a class that the model does not tell', { output: 'ten' }, 'INVALID_VALUE', '/output'],
    ['a part that the data set has not', { part: 'validation' }, 'INVALID_VALUE', '/part'],
    ['a patch larger than the picture', { occlusion: { patch: 29, stride: 4 } }, 'INVALID_VALUE', '/occlusion/patch'],
    ['patches that leave pixels out', { occlusion: { patch: 4, stride: 5 } }, 'INVALID_VALUE', '/occlusion/stride'],
    ['a layer without pixels', { model: 'convolutional', grad_cam: { layer: 'dense_1' } }, 'INVALID_VALUE', '/grad_cam/layer'],
    ['a data set of another shape', { dataset: 'table' }, 'INPUT_MISMATCH', '/dataset'],
  ])('is refused before any work for %s', async (_, more, code, pointer) => {
    const asked: Record<string, unknown> = { ...more };
    if (asked.model === 'convolutional') asked.model = convolutional;
    if (asked.dataset === 'table') asked.dataset = (await app.uploaded(file(['a,b,class', ...Array.from({ length: 40 }, (_row, at) => `${at},${at % 5},${at % 2 === 0 ? 'x' : 'y'}`)].join('\n')), [['table', JSON.stringify({ target: 'class' })]])).id;
    const before = (await app.get('/v1/jobs?limit=1')).json<ListOf<Job>>().first_id;
    expectProblem(await app.post('/v1/jobs', explaining(asked)), 422, code, [pointer]);
    expect((await app.get('/v1/jobs?limit=1')).json<ListOf<Job>>().first_id).toBe(before);
  });
});

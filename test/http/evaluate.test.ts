// Evaluations over HTTP: what they measure, by what must agree with it; what is refused before any work; what they need.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EvaluateReport } from '#contract/evaluate-report.js';
import type { ExampleClass, ExampleValues } from '#contract/example-prediction.js';
import type { JobEstimate } from '#contract/estimate.js';
import type { Job } from '#contract/job.js';
import type { EvaluateSpec } from '#contract/untrained-specs.js';
import type { JobSchema } from '#contract/job-schema.js';
import type { Lineage } from '#contract/lineage.js';
import type { ListOf } from '#contract/schema.js';
import type { TransferReport } from '#contract/transfer-report.js';
import { TestApp } from '../support/app.js';
import { fourFiles } from '../support/idx.js';
import type { PlanJob } from '../support/plan-job.js';
import { expectProblem, fineTune, pretrain, send } from '../support/requests.js';
import { file } from '../support/tables.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

let app: TestApp;
let digits: string;
let letters: string;
let base: { id: string; job: PlanJob };
let better: { id: string; job: PlanJob };
beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits', 600)).id;
  letters = (await app.generated('glyph_letters')).id;
  base = await app.model(digits);
  better = await app.model(digits, { training: { epochs: 6 } });
});

const evaluation = (more: object = {}): object => ({ type: 'evaluate', model: base.id, dataset: digits, resamples: 200, ...more });
async function evaluated(body: object): Promise<{ job: Job; report: EvaluateReport }> {
  const job = (await app.attempt((await app.submit(body)).id)) as Job;
  expect(job).toMatchObject({ status: 'succeeded', error: null, model: null, stop_reason: 'completed' });
  return { job, report: (await app.get(`/v1/jobs/${job.id}/report`)).json<EvaluateReport>() };
}
const predictionsOf = async <T>(id: string, query = ''): Promise<T[]> => (await app.get(`/v1/jobs/${id}/predictions?limit=1000${query}`)).json<ListOf<T>>().data;
const valuesOf = ({ metrics }: Pick<EvaluateReport, 'metrics'>): Record<string, number> => Object.fromEntries(metrics.map(({ name, value }) => [name, value]));

describe('an evaluation', () => {
  it('on the test part measures what the job of the model did, to the last digit', async () => {
    const { job, report } = await evaluated(evaluation());
    const [main] = base.job.runs;
    const { test_loss: loss, test_accuracy: accuracy } = base.job.metrics;
    expect(valuesOf(report)).toEqual({ test_loss: loss, test_accuracy: accuracy });
    expect(job.metrics).toEqual(valuesOf(report));
    expect(report).toMatchObject({ object: 'evaluate_report', job: job.id, model: base.id, dataset: digits, task: 'classification', parts: [{ part: 'test', examples: 100 }], examples: 100, loss: 'sparse_categorical_crossentropy', against: null, slices: [] });
    expect(report.confusion_matrix).toEqual(main!.confusion_matrix);
    for (const { value, interval: [low, high] = [NaN, NaN] } of report.metrics.map((metric) => ({ ...metric, interval: metric.interval ?? undefined }))) {
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
    expect(report.classes!.reduce((sum, { examples }) => sum + examples, 0)).toBe(100);
    expect(report.classes!.reduce((sum, { predicted }) => sum + predicted, 0)).toBe(100);
    const said = await predictionsOf<ExampleClass>(job.id);
    expect(said).toEqual(await predictionsOf<ExampleClass>(base.job.id));
    expect(report.worst).toEqual((await predictionsOf<ExampleClass>(job.id, '&sort=loss')).slice(0, 20));
  });

  it('is calibrated as the report of the transfer that made the model says', async () => {
    const tuned = await app.attempt((await app.submit(fineTune(letters, base.id, { kind: 'parameter' }))).id);
    const transfer = (await app.get(`/v1/jobs/${tuned.id}/report`)).json<TransferReport>();
    const { report } = await evaluated({ type: 'evaluate', model: { job: tuned.id }, dataset: letters, resamples: 200 });
    expect(report.model).toBe(tuned.model);
    expect(report.calibration!.ece).toBeCloseTo(transfer.calibration!.ece, 5);
    expect(report.calibration!.bins.map(({ examples }) => examples)).toEqual(transfer.calibration!.bins.map(({ examples }) => examples));
  });

  it('is the same bytes again, and other intervals by another seed', async () => {
    const [first, again, other] = [await evaluated(evaluation()), await evaluated(evaluation()), await evaluated(evaluation({ seed: 2 }))];
    expect({ ...again.report, job: first.job.id }).toEqual(first.report);
    expect(valuesOf(other.report)).toEqual(valuesOf(first.report));
    expect(other.report.metrics).not.toEqual(first.report.metrics);
  });

  it('of all examples tells of each where it is', async () => {
    const { job, report } = await evaluated(evaluation({ part: 'all' }));
    expect(report).toMatchObject({ examples: 600, parts: [{ part: 'train', examples: 500 }, { part: 'test', examples: 100 }] });
    const said = await predictionsOf<ExampleClass>(job.id);
    expect(said.map(({ id }) => id)).toEqual(said.map((_, at) => String(at)));
    expect(said.slice(498, 502).map(({ part, index }) => `${part} ${index}`)).toEqual(['train 498', 'train 499', 'test 0', 'test 1']);
    const unnumbered = (one: ExampleClass): object => ({ ...one, id: undefined });
    expect(said.slice(500).map(unnumbered)).toEqual((await predictionsOf<ExampleClass>(base.job.id)).map(unnumbered));
    expect((await predictionsOf<ExampleClass>(job.id, '&after=597')).map(({ id }) => id)).toEqual(['598', '599']);
  });

  it('holds a model against another on the same examples', async () => {
    const { job, report } = await evaluated(evaluation({ model: better.id, against: base.id }));
    const { against } = report;
    expect(valuesOf(report)).toEqual({ test_loss: better.job.metrics.test_loss, test_accuracy: better.job.metrics.test_accuracy });
    expect(valuesOf({ metrics: against!.metrics })).toEqual({ test_loss: base.job.metrics.test_loss, test_accuracy: base.job.metrics.test_accuracy });
    const [ofBetter, ofBase] = [await predictionsOf<ExampleClass>(job.id), await predictionsOf<ExampleClass>(base.job.id)];
    const right = (one: ExampleClass): boolean => one.true === one.predicted;
    const count = (mine: boolean, theirs: boolean): number => ofBetter.filter((one, at) => right(one) === mine && right(ofBase[at]!) === theirs).length;
    expect(against!.mcnemar).toMatchObject({ both_right: count(true, true), only_model: count(true, false), only_against: count(false, true), both_wrong: count(false, false) });
    expect(against).toMatchObject({ model: base.id, verdict: 'better' });
    // Better is above 0, of losses too.
    for (const { value } of against!.differences) expect(value).toBeGreaterThan(0);
    const { report: turned } = await evaluated(evaluation({ model: base.id, against: better.id }));
    expect(turned.against).toMatchObject({ verdict: 'worse', mcnemar: { p_value: against!.mcnemar!.p_value } });
  });

  it('cannot tell a model from itself', async () => {
    const { report } = await evaluated(evaluation({ against: base.id }));
    expect(report.against).toMatchObject({ verdict: 'cannot_tell', mcnemar: { only_model: 0, only_against: 0, p_value: 1 } });
    for (const { value, interval } of report.against!.differences) expect({ value, interval }).toEqual({ value: 0, interval: [0, 0] });
  });

  it('tells classes apart where no column does', async () => {
    const { report } = await evaluated(evaluation({ slices: ['class'] }));
    expect(report.slices).toMatchObject([{ column: 'class', kind: 'class' }]);
    expect(report.slices[0]!.slices.map(({ name, examples, accuracy }) => ({ name, examples, recall: accuracy }))).toEqual(report.classes!.map(({ name, examples, recall }) => ({ name, examples, recall })));
  });

  it('has a page that stands alone', async () => {
    const { job } = await evaluated(evaluation({ against: better.id, slices: ['class'], name: '<b>named</b>' }));
    const page = await app.get(`/v1/jobs/${job.id}/report`, { accept: 'text/html' });
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.text).toContain('&lt;b&gt;named&lt;/b&gt;');
    expect(page.text).not.toMatch(/<script|<b>named|(src|href)=/);
  });
});

/** Its prices are whole numbers, which would be classes. */
const REGRESSION = [['task', 'regression']] as const;
const CITIES = ['Bonn', 'Ulm'];
const rowsOf = (count: number, from: number): string[] => Array.from({ length: count }, (_, at) => `${from + at},${CITIES[at % 2]},${(from + at) * 3 + (at % 2) * 40}`);

describe('an evaluation of a table', () => {
  let table: string;
  let model: { id: string; job: PlanJob };
  beforeAll(async () => {
    const accepted = await app.uploaded(file(['size,city,price', ...rowsOf(120, 10)].join('\n')), REGRESSION);
    expect(accepted).toMatchObject({ status: 'ready', content: { task: 'regression' } });
    table = accepted.id;
    model = await app.model(table);
  });

  it('measures values, slices by category and by quarters of a number', async () => {
    const { job, report } = await evaluated({ type: 'evaluate', model: model.id, dataset: table, slices: ['city', 'size'] });
    const { test_mae: mae, test_rmse: rmse, test_r2: r2 } = model.job.metrics;
    const found = valuesOf(report);
    // The model gives its values in their own unit, training in deviations: the same but for rounding.
    for (const [name, value] of Object.entries({ test_mae: mae, test_rmse: rmse, test_r2: r2 })) expect(Math.abs(found[name]! / value! - 1)).toBeLessThan(1e-4);
    expect(found.test_loss).toBeCloseTo(found.test_rmse! ** 2, 1);
    expect(report).toMatchObject({ task: 'regression', loss: 'mean_squared_error', classes: null, confusion_matrix: null, calibration: null });
    const [city, size] = report.slices;
    expect(city).toMatchObject({ column: 'city', kind: 'categorical' });
    expect(city!.slices.map(({ name }) => name)).toEqual(CITIES);
    expect(size!.slices).toHaveLength(4);
    for (const { slices } of report.slices) {
      expect(slices.reduce((sum, { examples }) => sum + examples, 0)).toBe(report.examples);
      expect(slices.reduce((sum, { examples, metrics }) => sum + examples * metrics.test_loss!, 0) / report.examples).toBeCloseTo(found.test_loss!, 3);
      for (const { metrics, rmse_interval: interval } of slices) expect(interval![0] <= metrics.test_rmse! && metrics.test_rmse! <= interval![1]).toBe(true);
    }
    const said = await predictionsOf<ExampleValues>(job.id);
    expect(said).toHaveLength(report.examples);
    expect(report.worst[0]).toEqual((await predictionsOf<ExampleValues>(job.id, '&sort=loss'))[0]);
  });

  it('holds two models of values against each other by the interval of the difference', async () => {
    const longer = await app.model(table, { training: { epochs: 60 } });
    const { report } = await evaluated({ type: 'evaluate', model: longer.id, against: model.id, dataset: table });
    expect(report.against).toMatchObject({ mcnemar: null, verdict: 'better' });
    const { interval } = report.against!.differences.find(({ name }) => name === 'test_rmse')!;
    expect(interval![0]).toBeGreaterThan(0);
  });

  it('goes on a table that was read like that of the model, and on no other', async () => {
    const text = ['size,city,price', ...rowsOf(40, 300)].join('\n');
    const like = await app.uploaded(file(text), [...REGRESSION, ['table', JSON.stringify({ like: table, target: 'price' })]]);
    expect((await evaluated({ type: 'evaluate', model: model.id, dataset: like.id, part: 'all' })).report.examples).toBe(40);
    const own = await app.uploaded(file(text), REGRESSION);
    expectProblem(await app.post('/v1/jobs', { type: 'evaluate', model: model.id, dataset: own.id }), 422, 'PREPROCESSING_MISMATCH', ['/dataset']);
  });

  it.each<[string, () => object, string, string]>([
    ['a column that there is not', () => ({ model: model.id, dataset: table, slices: ['city', 'colour'] }), 'INVALID_VALUE', '/slices/1'],
    ['a class of values', () => ({ model: model.id, dataset: table, slices: ['class'] }), 'INVALID_VALUE', '/slices/0'],
    ['a model of pictures', () => ({ model: base.id, dataset: table }), 'INPUT_MISMATCH', '/dataset'],
  ])('is refused with %s', async (_, body, code, pointer) => {
    const before = await app.traces();
    expectProblem(await app.post('/v1/jobs', { type: 'evaluate', ...body() }), 422, code, [pointer]);
    expect(await app.traces()).toEqual(before);
  });
});

describe('an evaluation that cannot be', () => {
  const NO_MODEL = `mdl_${'0'.repeat(32)}`;
  /** Pictures of 2 × 3 pixels, of the same classes, and a model of them. */
  let wide: string;
  let ofWide: string;
  beforeAll(async () => {
    const labels = Array.from({ length: 40 }, (_, at) => at % 10);
    wide = (await app.uploaded(fourFiles(labels, labels))).id;
    ofWide = (await app.model(wide)).id;
  });

  it.each<[string, () => object, number, string, string]>([
    ['a data set of other classes', () => evaluation({ dataset: letters }), 422, 'LABELS_MISMATCH', '/dataset'],
    ['a data set of another shape', () => evaluation({ dataset: wide }), 422, 'INPUT_MISMATCH', '/dataset'],
    ['another model of another shape', () => evaluation({ against: ofWide }), 422, 'INPUT_MISMATCH', '/dataset'],
    ['a data set that is not there', () => evaluation({ dataset: `ds_${'0'.repeat(32)}` }), 422, 'DATASET_UNKNOWN', '/dataset'],
    ['a model that is not there', () => evaluation({ model: NO_MODEL }), 422, 'MODEL_UNKNOWN', '/model'],
    ['no model', () => evaluation({ model: undefined }), 422, 'MISSING_FIELD', '/model'],
    ['another model that is not there', () => evaluation({ against: NO_MODEL }), 422, 'MODEL_UNKNOWN', '/against'],
    ['a job that is not there', () => evaluation({ model: { job: `job_${'0'.repeat(32)}` } }), 422, 'JOB_UNKNOWN', '/model/job'],
    ['a part that there is not', () => evaluation({ part: 'validation' }), 422, 'INVALID_VALUE', '/part'],
    ['too few resamples', () => evaluation({ resamples: 10 }), 422, 'INVALID_VALUE', '/resamples'],
    ['a training', () => evaluation({ training: { epochs: 1 } }), 422, 'UNKNOWN_FIELD', '/training'],
  ])('is refused with %s, and leaves nothing', async (_, body, status, code, pointer) => {
    const before = await app.traces();
    expectProblem(await app.post('/v1/jobs', body()), status, code, [pointer]);
    expect(await app.traces()).toEqual(before);
  });

  it('is refused with a data set or a job that is not ready', async () => {
    const waiting = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits' } })).json<{ id: string }>();
    expectProblem(await app.post('/v1/jobs', evaluation({ dataset: waiting.id })), 409, 'DATASET_NOT_READY', ['/dataset']);
    const queued = await app.submit(pretrain(digits));
    expectProblem(await app.post('/v1/jobs', evaluation({ model: { job: queued.id } })), 409, 'NO_ARTIFACTS_YET', ['/model/job']);
    const { job } = await evaluated(evaluation());
    expectProblem(await app.post('/v1/jobs', evaluation({ model: { job: job.id } })), 422, 'METHOD_NOT_POSSIBLE', ['/model/job']);
  });
});

describe('a job of type evaluate', () => {
  it('is shown with nothing left open, estimated, and has a schema with a template that is accepted', async () => {
    const { spec, seconds, memory_bytes: memory, runs } = (await app.post('/v1/jobs?dry_run=true', { type: 'evaluate', model: base.id, dataset: digits })).json<JobEstimate>();
    const { auto, ...settled } = spec as EvaluateSpec;
    expect(settled).toMatchObject({ type: 'evaluate', model: { id: base.id, labels: '0123456789'.split('') }, against: null, resamples: 1000, seed: 1 });
    expect(auto.map(({ pointer }) => pointer)).toEqual(['/resamples', '/seed', '/threads']);
    expect({ runs, ordered: seconds.low <= seconds.expected && seconds.expected <= seconds.high, memory: memory > 2 ** 28 }).toEqual({ runs: [], ordered: true, memory: true });
    const schema = (await app.get(`/v1/jobs/schema?type=evaluate&base_model=${base.id}`)).json<JobSchema>();
    expect(schema).toMatchObject({ template: { type: 'evaluate', model: base.id, dataset: digits }, missing: [] });
    expect((await app.post('/v1/jobs?dry_run=true', schema.template)).status).toBe(200);
  });

  it('takes an alias for the model that it means then', async () => {
    await send(app.url, `/v1/models/${better.id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ aliases: ['champion'] }) });
    const job = (await app.submit(evaluation({ model: 'champion' }))) as Job;
    expect((job.spec as EvaluateSpec).model.id).toBe(better.id);
  });

  it('keeps its models and data set until it has ended, and is kin of the model', async () => {
    const [set, model] = [(await app.generated('glyph_digits', 240, 5)).id, await app.model(digits)];
    const job = await app.submit(evaluation({ model: model.id, dataset: set }));
    expectProblem(await app.delete(`/v1/models/${model.id}`), 409, 'MODEL_IN_USE');
    expectProblem(await app.delete(`/v1/datasets/${set}`), 409, 'DATASET_IN_USE');
    await app.attempt(job.id);
    const { edges } = (await app.get(`/v1/models/${model.id}/lineage`)).json<Lineage>();
    expect(edges).toContainEqual({ from: model.id, to: job.id, relation: 'measured' });
    expect((await app.delete(`/v1/models/${model.id}`)).status).toBe(204);
    expect((await app.get(`/v1/jobs/${job.id}/report`)).status).toBe(200);
  });

  it('that is cancelled has no report, and is made once more', async () => {
    const job = await app.submit(evaluation());
    await app.post(`/v1/jobs/${job.id}/cancel`, {});
    expectProblem(await app.get(`/v1/jobs/${job.id}/report`), 409, 'NO_ARTIFACTS_YET');
    expectProblem(await app.get(`/v1/jobs/${job.id}/predictions`), 409, 'NO_ARTIFACTS_YET');
    const again = (await app.post(`/v1/jobs/${job.id}/retry`, {})).json<Job>();
    expect(await app.attempt(again.id)).toMatchObject({ status: 'succeeded', retry_of: job.id });
    expectProblem(await app.get(`/v1/jobs/${again.id}/artifacts`), 404, 'NO_ARTIFACTS');
  });

  it('that is cancelled amid its work leaves nothing behind', async () => {
    const many = (await app.generated('glyph_digits', 6_000, 3)).id;
    const { id } = await app.submit(evaluation({ dataset: many, part: 'all', resamples: 10_000, against: better.id }));
    const worker = await app.work();
    // All examples have gone through both networks, and intervals are being drawn.
    const { progress } = await until('it draws', async () => [await app.job(id)].find((job) => job.progress?.step === 12_000), 60_000);
    expect(progress).toMatchObject({ run: null, stage: null, epoch: null, epochs: null, steps: 12_000 });
    expect(progress!.percent).toBeLessThan(100);
    expect((await app.post(`/v1/jobs/${id}/cancel`, {})).json<Job>().status).toBe('cancelling');
    await until('it is cancelled', async () => (await app.job(id)).status === 'cancelled', 30_000);
    await worker.close();
    expectProblem(await app.get(`/v1/jobs/${id}/report`), 409, 'NO_ARTIFACTS_YET');
    const { paths } = await app.traces();
    expect(paths.filter((path) => path.startsWith('staging/') || path.startsWith(`jobs/${id}/result`) || (path.startsWith(`jobs/${id}/`) && path.includes('predictions')))).toEqual([]);
    expect(await app.rooms.store.listStaged()).toEqual([]);
    expect((await app.job(id)).error).toBeNull();
  });

  it('leaves off when its worker ends, and begins again', async () => {
    const job = await app.submit(evaluation({ part: 'all', resamples: 10_000 }));
    const worker = await app.work();
    const stop = new AbortController();
    for (;;) {
      const now = await app.job(job.id);
      if (now.status === 'running' || now.status === 'finalizing' || now.status === 'succeeded') break;
      await app.rooms.events.changed(job.id, stop.signal);
    }
    stop.abort();
    await worker.close();
    const left = await app.job(job.id);
    expect(['queued', 'succeeded']).toContain(left.status);
    if (left.status === 'queued') expect(await app.attempt(job.id)).toMatchObject({ status: 'succeeded' });
  });
});

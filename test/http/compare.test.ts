// Several plans in one request, over HTTP: what is refused and where, what is shown of it, what it needs.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { CompareReport } from '#contract/compare-report.js';
import type { JobEstimate } from '#contract/estimate.js';
import type { JobSchema } from '#contract/job-schema.js';
import { NAMED_SCHEMAS } from '#contract/named-schemas.js';
import type { CompareSpec } from '#contract/training-specs.js';
import { KNOWN_BASE_MODELS } from '#models/catalogue/known.js';
import { catalogueOf } from '#models/catalogue/load.js';
import { TestApp } from '../support/app.js';
import { expectProblem, fineTune } from '../support/requests.js';

let app: TestApp;
let digits: string;
let letters: string;
let base: string;
beforeAll(async () => {
  app = await TestApp.open({ catalogue: catalogueOf(KNOWN_BASE_MODELS) });
  digits = (await app.generated('glyph_digits', 240, 1)).id;
  letters = (await app.generated('glyph_letters', 240, 2)).id;
  base = (await app.model(digits)).id;
}, 120_000);

const FULL = { name: 'full', transfer: { kind: 'parameter' }, training: { epochs: 1 } };
const FRESH = { name: 'fresh', model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 2 } };
const compare = (candidates: readonly object[], more: object = {}) => ({ type: 'compare', dataset: letters, base_model: base, candidates, ...more });
const specOf = async (body: object): Promise<CompareSpec> => (await app.post('/v1/jobs?dry_run=true', body)).json<JobEstimate>().spec as CompareSpec;

describe('a comparison', () => {
  it.each<[string, () => object, string, string]>([
    ['one candidate alone', () => compare([FULL]), 'INVALID_VALUE', '/candidates'],
    ['thirteen', () => compare(Array.from({ length: 13 }, (_, at) => ({ ...FULL, name: `full_${at}` }))), 'INVALID_VALUE', '/candidates'],
    ['a name that comes twice', () => compare([FULL, FRESH, FULL]), 'INVALID_VALUE', '/candidates/2/name'],
    ['a name that is none', () => compare([FULL, { ...FRESH, name: 'a.1' }]), 'INVALID_VALUE', '/candidates/1/name'],
    ['a seed of a candidate', () => compare([FULL, { ...FRESH, training: { seed: 3 } }]), 'UNKNOWN_FIELD', '/candidates/1/training/seed'],
    ['a training of all', () => compare([FULL, FRESH], { training: { epochs: 3 } }), 'UNKNOWN_FIELD', '/training'],
    ['a baseline', () => compare([{ ...FULL, baseline: { scratch: true } }, FRESH]), 'UNKNOWN_FIELD', '/candidates/0/baseline'],
    ['more seeds than twenty', () => compare([FULL, FRESH], { seeds: 21 }), 'INVALID_VALUE', '/seeds'],
    ['seeds past the last', () => compare([FULL, FRESH], { seed: 4_294_967_295 }), 'INVALID_VALUE', '/seed'],
    ['a checkpoint of all', () => compare([FULL, FRESH], { base_model: { job: `job_${'0'.repeat(32)}`, checkpoint: 'best' } }), 'INVALID_VALUE', '/base_model'],
    ['a checkpoint of one', () => compare([FRESH, { ...FULL, base_model: { job: `job_${'0'.repeat(32)}`, checkpoint: 'best' } }]), 'INVALID_VALUE', '/candidates/1/base_model'],
    ['no base', () => ({ ...compare([FRESH, FULL]), base_model: undefined }), 'MISSING_FIELD', '/candidates/1/base_model'],
    ['a base that nobody starts from', () => compare([FRESH, { ...FRESH, name: 'other' }]), 'INVALID_VALUE', '/base_model'],
    ['a base of all that is not there', () => compare([FRESH, FULL], { base_model: `mdl_${'0'.repeat(32)}` }), 'MODEL_UNKNOWN', '/base_model'],
    ['a base of one that is not there', () => compare([FULL, { ...FULL, name: 'b', base_model: `mdl_${'0'.repeat(32)}` }]), 'MODEL_UNKNOWN', '/candidates/1/base_model'],
    ['a data set that is not there', () => compare([FULL, FRESH], { dataset: `ds_${'0'.repeat(32)}` }), 'DATASET_UNKNOWN', '/dataset'],
    ['a stage of layers that are not there', () => compare([FULL, { name: 'b', transfer: { kind: 'parameter', stages: [{ trainable: 'all' }, { trainable: ['dense_9'] }] } }]), 'LAYER_UNKNOWN', '/candidates/1/transfer/stages/1/trainable/0'],
    ['a loss of a stage that is none', () => compare([FULL, { name: 'b', transfer: { kind: 'parameter', stages: [{ trainable: 'all', learning_rate: -1 }] } }]), 'INVALID_VALUE', '/candidates/1/transfer/stages/0/learning_rate'],
    ['a budget that no limit leaves time for', () => compare([FULL, { ...FRESH, training: { budget: { seconds: 60 } } }], { limits: { run_seconds: 30 } }), 'INVALID_VALUE', '/candidates/1/training/budget/seconds'],
    ['more steps than a job may take, in all', () => compare([{ ...FULL, training: { epochs: 10_000, batch_size: 1 } }, { ...FRESH, training: { epochs: 10_000, batch_size: 1 } }], { seeds: 20 }), 'TOO_MANY_STEPS', '/candidates'],
    ['a network that nothing fits', () => compare([FULL, { name: 'b', model: { layers: [{ class_name: 'Dense', config: { units: 3 } }] } }]), 'OUTPUT_MISMATCH', '/candidates/1/model/layers'],
  ])('is refused with %s, and leaves nothing', async (_, body, code, pointer) => {
    const before = await app.traces();
    const refused = expectProblem(await app.post('/v1/jobs', body()), 422, code);
    expect(refused.errors.map((each) => each.pointer)).toEqual([pointer]);
    expect(await app.traces()).toEqual(before);
  });

  it('names a base of the catalogue, which is fetched like that of any job', async () => {
    const [{ id: name }] = KNOWN_BASE_MODELS as [(typeof KNOWN_BASE_MODELS)[number]];
    const problem = expectProblem(await app.post('/v1/jobs', compare([FULL, { ...FULL, name: 'b', base_model: name }])), 503, 'BASE_COMING');
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(['/candidates/1/base_model']);
  });

  it('has for each candidate the spec of a job of its plan alone, but for its threads and runs', async () => {
    const plans = [FULL, { name: 'auto' }, { name: 'cut', transfer: { kind: 'feature' }, head: 'replace', training: { epochs: 3, batch_size: 16 } }];
    const spec = await specOf(compare(plans, { seed: 5 }));
    expect(spec).toMatchObject({ type: 'compare', dataset: letters, seeds: [5, 6, 7], auto: [{ pointer: '/seeds', value: 3 }, { pointer: '/threads' }] });
    expect(spec.runs.map(({ run, seed }) => [run, seed])).toEqual([5, 6, 7].flatMap((seed, at) => plans.map(({ name }) => [`${name}.${at + 1}`, seed])));
    for (const [at, plan] of (plans as { name: string; training?: object }[]).entries()) {
      const alone = await specOf({ type: 'fine_tune', dataset: letters, base_model: base, ...plan, training: { ...plan.training, seed: 5 } });
      expect(spec.candidates[at]!.spec).toEqual({
        ...alone, threads: spec.threads, runs: spec.runs.filter(({ candidate }) => candidate === plan.name), auto: alone.auto.filter(({ pointer }) => pointer !== '/threads'),
      });
    }
  });

  it('gives each run the time of a budget, beside a preset too', async () => {
    const { candidates } = await specOf(compare([FULL, { name: 'quick', training: { preset: 'quick', budget: { seconds: 20 } } }]));
    expect(candidates[1]!.spec.training.budget).toEqual({ steps: null, until: null, seconds: 20 });
  });

  it('is estimated run by run', async () => {
    const { runs, steps, seconds, memory_bytes: memory } = (await app.post('/v1/jobs?dry_run=true', compare([FULL, FRESH], { seeds: 2 }))).json<JobEstimate>();
    expect(runs).toMatchObject(['full.1', 'fresh.1', 'full.2', 'fresh.2'].map((run) => ({ run, role: 'candidate', candidate: run.split('.')[0] })));
    expect(runs[1]!.steps).toBe(2 * runs[0]!.steps);
    expect(steps).toBe(6 * runs[0]!.steps);
    expect([seconds.low <= seconds.expected && seconds.expected <= seconds.high, memory > 2 ** 28]).toEqual([true, true]);
  });

  it('has a schema with a template that is accepted as it is', async () => {
    const { schema, template, missing, limits } = (await app.get(`/v1/jobs/schema?type=compare&base_model=${base}`)).json<JobSchema>();
    expect([missing, limits.candidates, limits.seeds]).toEqual([[], 12, 20]);
    const check = formats.default(new Ajv2020({ strict: false, discriminator: true })).compile(schema);
    expect(check(template) ? [] : check.errors).toEqual([]);
    const answer = await app.post('/v1/jobs', template);
    expect(answer.status).toBe(201);
    await app.post(`/v1/jobs/${answer.json<{ id: string }>().id}/cancel`, {});
  });

  it('keeps the models of all candidates from being deleted, is listed, and is run again', async () => {
    const own = (await app.model(digits)).id;
    const { id } = await app.submit(compare([FULL, { ...FULL, name: 'b', base_model: own }]));
    for (const needed of [base, own]) expectProblem(await app.delete(`/v1/models/${needed}`), 409, 'MODEL_IN_USE');
    const listed = (await app.get('/v1/jobs?type=compare')).json<{ data: { id: string }[] }>().data;
    expect(listed[0]).toMatchObject({ id, type: 'compare', model: null, threads: 1 });
    await app.post(`/v1/jobs/${id}/cancel`, {});
    const again = (await app.post(`/v1/jobs/${id}/retry`, {})).json<{ id: string; retry_of: string; spec: object }>();
    expect([again.retry_of, again.spec]).toEqual([id, (await app.job(id)).spec]);
    await app.post(`/v1/jobs/${again.id}/cancel`, {});
    expect((await app.delete(`/v1/models/${own}`)).status).toBe(204);
    expectProblem(await app.post(`/v1/jobs/${again.id}/retry`, {}), 422, 'MODEL_UNKNOWN');
  }, 60_000);

  it('makes a report as its schema has it, and nothing that another job could start from', async () => {
    const { id } = await app.submit(compare([{ ...FULL, training: { epochs: 2, validation_split: 0.2 } }, { ...FRESH, training: { epochs: 2, validation_split: 0.2 } }], { name: 'a <i>name</i>', seeds: 1 }));
    expectProblem(await app.get(`/v1/jobs/${id}/report`), 409, 'NO_ARTIFACTS_YET');
    expect(await app.attempt(id)).toMatchObject({ status: 'succeeded', model: null, cache: null });
    const report = (await app.get(`/v1/jobs/${id}/report`)).json<CompareReport>();
    const ajv = formats.default(new Ajv2020({ strict: false }));
    for (const schema of NAMED_SCHEMAS) ajv.addSchema(schema);
    expect(ajv.validate('CompareReport', report) ? [] : ajv.errors).toEqual([]);
    expect(ajv.validate('Job', await app.job(id)) ? [] : ajv.errors).toEqual([]);
    expect(report).toMatchObject({ chosen_by: 'val_accuracy', candidates: [{ base_model: base, interval: null }, { base_model: null }] });
    const page = await app.get(`/v1/jobs/${id}/report`, { accept: 'text/html' });
    expect(page.headers).toMatchObject({ vary: expect.stringContaining('accept'), 'content-security-policy': expect.stringMatching(/^default-src 'none';.*sandbox/) });
    expect(page.text).toContain('a &lt;i&gt;name&lt;/i&gt;');
    expectProblem(await app.get(`/v1/jobs/${id}/artifacts`), 404, 'NO_ARTIFACTS');
    expectProblem(await app.post('/v1/jobs', fineTune(letters, base, { kind: 'parameter' }, { base_model: { job: id, checkpoint: 'latest' } })), 422, 'METHOD_NOT_POSSIBLE');
    const { data } = (await app.get(`/v1/jobs/${id}/metrics`)).json<{ data: { run: string }[] }>();
    expect([...new Set(data.map(({ run }) => run))]).toEqual(['full.1', 'fresh.1']);
    expect((await app.delete(`/v1/jobs/${id}`)).status).toBe(204);
    expectProblem(await app.get(`/v1/jobs/${id}/report`), 404, 'JOB_NOT_FOUND');
  }, 60_000);
});

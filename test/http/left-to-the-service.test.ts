// What a caller need not say, over HTTP: how to train, what a request looks like, which rate to take.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { NAMED_SCHEMAS } from '#contract/named-schemas.js';
import type { JobSchema } from '#contract/job-schema.js';
import type { RateReport } from '#contract/rate-report.js';
import type { TransferReport } from '#contract/transfer-report.js';
import { TestApp } from '../support/app.js';
import { expectProblem, pretrain } from '../support/requests.js';

let app: TestApp;
let letters: string;
let base: string;
beforeAll(async () => {
  app = await TestApp.open();
  letters = (await app.generated('glyph_letters', 240, 2)).id;
  const digits = (await app.generated('glyph_digits', 240, 1)).id;
  base = (await app.model(digits)).id;
}, 120_000);

async function ended(body: Record<string, unknown>) {
  const { id } = await app.submit(body);
  expect(await app.attempt(id)).toMatchObject({ status: 'succeeded' });
  return app.job(id);
}
const bare = () => ({ type: 'fine_tune', dataset: letters, base_model: base });

describe('a fine-tuning that says nothing of how', () => {
  it('is planned, each value with its reason, and is what saying all of it would be', async () => {
    const { spec } = await app.submit(bare());
    expect(spec.transfer).toMatchObject({ kind: 'parameter', stages: [{ trainable: 'head', solver: { name: 'lbfgs' } }, { trainable: 'all' }] });
    const pointers = spec.auto.map(({ pointer }) => pointer);
    for (const pointer of ['/transfer', '/training/epochs', '/training/batch_size', '/training/optimizer', '/training/validation_split']) expect(pointers).toContain(pointer);
    for (const { rule } of spec.auto) expect(rule.length).toBeGreaterThan(5);
    for (const training of ['auto', { preset: 'balanced' }]) expect((await app.submit({ ...bare(), training })).spec).toEqual(spec);
    const asked = await app.submit({ ...bare(), training: { preset: 'balanced', epochs: 3, seed: 9 } });
    expect(asked.spec.stages.map(({ epochs }) => epochs)).toEqual([3, 3]);
    expect(asked.spec.training.seed).toBe(9);
  });

  it('keeps to a budget of seconds over all of the job by ending with the best so far, and never fails for time', async () => {
    const job = await ended({ ...bare(), training: { preset: 'best', epochs: 10_000, budget: { seconds: 1 } }, baseline: { scratch: true } });
    expect(job.spec.training.budget).toEqual({ steps: null, until: null, seconds: null, job_seconds: 1 });
    expect(job).toMatchObject({ status: 'succeeded', stop_reason: 'budget', runs: [{ run: 'main', budget_reached: 'seconds' }] });
    const report = (await app.get(`/v1/jobs/${job.id}/report`)).json<TransferReport>();
    expect(report).toMatchObject({ verdict: 'cannot_tell', comparison: null });
  }, 120_000);
});

describe('GET /v1/jobs/schema', () => {
  const schemaOf = async (query: string): Promise<JobSchema> => (await app.get(`/v1/jobs/schema?${query}`)).json<JobSchema>();

  it.each(['pretrain', 'fine_tune', 'lr_find'])('of %s has a template that its schema takes, and the service too', async (type) => {
    const { schema, template, missing, defaults, limits } = await schemaOf(`type=${type}${type === 'pretrain' ? '' : `&base_model=${base}`}`);
    expect(missing).toEqual([]);
    const ajv = formats.default(new Ajv2020({ strict: false, discriminator: true }));
    const check = ajv.compile(schema);
    expect(check(template) ? [] : check.errors).toEqual([]);
    expect(check({ ...template, epochs: 3 })).toBe(false);
    expect((await app.post('/v1/jobs', template)).status).toBe(201);
    expect(defaults).toMatchObject({ '/priority': 5 });
    expect(limits).toMatchObject({ steps: 10_000_000, memory_bytes: 2 ** 32 });
  });

  it('says what is missing where there is nothing to begin with', async () => {
    const empty = await TestApp.open();
    const { template, missing } = (await empty.get('/v1/jobs/schema?type=fine_tune')).json<JobSchema>();
    expect([template, missing]).toEqual([{ type: 'fine_tune' }, ['/base_model', '/dataset']]);
    expect((await empty.get('/v1/jobs/schema?type=pretrain')).json<JobSchema>().missing).toEqual(['/dataset']);
  });

  it('refuses a base that is not there, one of a pretraining, and a kind that is none', async () => {
    expectProblem(await app.get(`/v1/jobs/schema?type=fine_tune&base_model=mdl_${'0'.repeat(32)}`), 422, 'MODEL_UNKNOWN');
    expectProblem(await app.get(`/v1/jobs/schema?type=pretrain&base_model=${base}`), 422, 'INVALID_VALUE');
    expectProblem(await app.get('/v1/jobs/schema?type=distill'), 422, 'INVALID_VALUE');
  });
});

describe('a job of type lr_find', () => {
  const ajv = new Ajv2020({ strict: false });
  for (const schema of NAMED_SCHEMAS) ajv.addSchema(schema);

  it.each<[string, () => Record<string, unknown>]>([
    ['a fine-tuning', () => ({ type: 'lr_find', dataset: letters, base_model: base, training: { batch_size: 16, seed: 3 } })],
    ['a new network', () => ({ ...pretrain(letters, { model: { architecture: 'mlp', hidden: [16] } }), type: 'lr_find', training: { optimizer: { name: 'adam' } } })],
  ])('finds the rate of %s, and publishes no model', async (_, body) => {
    const models = async () => (await app.get('/v1/models')).json<{ data: { id: string }[] }>().data.length;
    const before = await models();
    const job = await ended(body());
    expect(job).toMatchObject({ type: 'lr_find', model: null, weights_digest: null, stop_reason: 'completed', runs: [] });
    const report = (await app.get(`/v1/jobs/${job.id}/report`)).json<RateReport>();
    expect(ajv.validate('RateReport', report) ? [] : ajv.errors).toEqual([]);
    expect(report.points.length).toBeGreaterThan(20);
    expect(report.suggestion.valley).toBeGreaterThan(1e-7);
    expect(await models()).toBe(before);
    const { data } = (await app.get(`/v1/jobs/${job.id}/metrics`)).json<{ data: { values: Record<string, number> }[] }>();
    expect(data.map(({ values }) => values.learning_rate)).toEqual(report.points.map(({ learning_rate: rate }) => rate));
    expectProblem(await app.get(`/v1/jobs/${job.id}/artifacts`), 404, 'NO_ARTIFACTS');
  }, 60_000);

  it('tells its end without a model, waits for its report until then, and goes with its record', async () => {
    const { id } = await app.submit({ type: 'lr_find', dataset: letters, base_model: base });
    expectProblem(await app.get(`/v1/jobs/${id}/report`), 409, 'NO_ARTIFACTS_YET');
    await app.attempt(id);
    const { data } = (await app.get(`/v1/jobs/${id}/events`)).json<{ data: { type: string; data: object }[] }>();
    expect(data.at(-1)).toMatchObject({ type: 'job.succeeded', data: { model: null } });
    expect((await app.delete(`/v1/jobs/${id}`)).status).toBe(204);
    expectProblem(await app.get(`/v1/jobs/${id}/report`), 404, 'JOB_NOT_FOUND');
  }, 60_000);
});

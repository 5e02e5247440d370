// A model that another job learns from: which may be one, that it is needed, and that the child learns from it.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import type { Job } from '#contract/job.js';
import { expectProblem, fineTune } from '../support/requests.js';
import { TestApp } from '../support/app.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
let digits: Dataset;
let base: Job;
let teacher: Job;
beforeAll(async () => {
  app = await TestApp.open();
  digits = await app.generated();
  base = (await app.model(digits.id)).job;
  teacher = (await app.model(digits.id, { model: { architecture: 'mlp', hidden: [64] }, training: { epochs: 3, seed: 2 } })).job;
}, 120_000);

const taught = (term: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  fineTune(digits.id, base.model!, { kind: 'parameter', loss_terms: [{ name: 'distillation', ...term }] }, more);

describe('a job that learns from a model', () => {
  it('learns from the base where none is named, and from another network than its own', async () => {
    const ofBase = await app.attempt((await app.submit(taught())).id);
    const ofTeacher = await app.attempt((await app.submit(taught({ model: teacher.model, weight: 1 }))).id);
    const plain = await app.attempt((await app.submit(fineTune(digits.id, base.model!, { kind: 'parameter' }))).id);
    for (const job of [ofBase, ofTeacher, plain]) expect(job).toMatchObject({ status: 'succeeded', error: null });
    expect(ofBase.spec.stages[0]!.loss_terms).toEqual([{ name: 'distillation', model: base.model, temperature: 4, weight: 0.9 }]);
    expect(ofTeacher.spec.stages[0]!.loss_terms).toEqual([{ name: 'distillation', model: teacher.model, temperature: 4, weight: 1 }]);
    expect(new Set([ofBase, ofTeacher, plain].map(({ weights_digest: digest }) => digest)).size).toBe(3);
    expect((await app.attempt((await app.submit(taught({ model: teacher.model, weight: 1 }))).id)).weights_digest).toBe(ofTeacher.weights_digest);
    // Of weight 0 it is the training without it, to the bit.
    expect((await app.attempt((await app.submit(taught({ weight: 0 }))).id)).weights_digest).toBe(plain.weights_digest);
  });

  it('shows its teacher the examples themselves: nothing is computed once as features', async () => {
    const stages = [{ trainable: 'head', epochs: 1 }];
    const asked = (terms: object[]) => fineTune(digits.id, base.model!, { kind: 'parameter', stages, ...(terms.length > 0 && { loss_terms: terms }) });
    const [with_, without] = [await app.submit(asked([{ name: 'distillation' }])), await app.submit(asked([]))];
    expect([with_.spec.features_from, without.spec.features_from]).toEqual([null, 'dense_1']);
    expect((await app.attempt(with_.id)).status).toBe('succeeded');
  });

  it('needs it: it cannot be deleted until the job has ended', async () => {
    const own = (await app.model(digits.id, { training: { epochs: 1, seed: 9 } })).job;
    const waiting = await app.submit(taught({ model: own.model }));
    expectProblem(await app.delete(`/v1/models/${own.model}`), 409, 'MODEL_IN_USE');
    await app.post(`/v1/jobs/${waiting.id}/cancel`, {});
    expect((await app.delete(`/v1/models/${own.model}`)).status).toBe(204);
    expectProblem(await app.post(`/v1/jobs/${waiting.id}/retry`, {}), 422, 'MODEL_UNKNOWN');
  });

  it.each<[string, () => object, string, string]>([
    ['a model that is not there', () => taught({ model: `mdl_${'0'.repeat(32)}` }), 'MODEL_UNKNOWN', '/transfer/loss_terms/0/model'],
    ['a loss of several sigmoids', () => taught({}, { head: 'replace', training: { loss: { name: 'binary_crossentropy' } } }), 'METHOD_NOT_POSSIBLE', '/transfer/loss_terms/0'],
    ['a temperature of nothing', () => taught({ temperature: 0 }), 'INVALID_VALUE', '/transfer/loss_terms/0/temperature'],
  ])('is refused for %s', async (_, request, code, pointer) => {
    expectProblem(await app.post('/v1/jobs', request()), 422, code, [pointer]);
  });

  it('is refused where the classes are others, and nothing of it stays', async () => {
    const letters = await app.generated('glyph_letters');
    const before = await app.traces();
    const answer = await app.post('/v1/jobs', fineTune(letters.id, base.model!, { kind: 'parameter', stages: [{ trainable: 'all', loss_terms: [{ name: 'distillation' }] }] }));
    const { detail } = expectProblem(answer, 422, 'METHOD_NOT_POSSIBLE', ['/transfer/stages/0/loss_terms/0']);
    expect(detail).toContain('name a model of the same classes');
    expect(await app.traces()).toEqual(before);
  });
});

// PATCH /v1/models/{id} and GET /v1/models/{id}/lineage: what people say of a model, and where it came from.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Lineage } from '#contract/lineage.js';
import type { Model } from '#contract/model.js';
import { TestApp } from '../support/app.js';
import { expectProblem, fineTune, send, type Answer } from '../support/requests.js';

jest.setTimeout(120_000);
const BLANK = Array.from({ length: 28 }, () => Array<number>(28).fill(0));

let app: TestApp;
let digits: string;
let letters: string;
let base: { id: string; job: { id: string } };
let other: { id: string; job: { id: string } };
beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits')).id;
  letters = (await app.generated('glyph_letters')).id;
  base = await app.model(digits, { name: 'first' });
  other = await app.model(digits, { name: 'second' });
});

const patch = (id: string, change: object): Promise<Answer> =>
  send(app.url, `/v1/models/${id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(change) });
const model = async (id: string): Promise<Model> => (await app.get(`/v1/models/${id}`)).json<Model>();
const meant = async (name: string): Promise<Answer> => app.post(`/v1/models/${name}:predict`, { instances: [BLANK] });

describe('PATCH /v1/models/{id}', () => {
  it('changes what it names and leaves the rest, the bundle too', async () => {
    const before = await model(base.id);
    expect(before).toMatchObject({ name: 'first', aliases: [], notes: null, metadata: {} });
    const answer = await patch(base.id, { notes: 'good on thin strokes', metadata: { team: 'a' } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ ...before, notes: 'good on thin strokes', metadata: { team: 'a' } });
    await patch(base.id, { name: 'renamed' });
    expect(await model(base.id)).toEqual({ ...before, name: 'renamed', version: 1, notes: 'good on thin strokes', metadata: { team: 'a' } });
    expect((await app.get('/v1/models?name=renamed')).json<{ data: Model[] }>().data.map(({ id }) => id)).toEqual([base.id]);
  });

  it('has the new name and no other find it', async () => {
    await patch(base.id, { name: 'asked-for' });
    expect((await meant('asked-for')).status).toBe(200);
    await patch(base.id, { name: null });
    expectProblem(await meant('asked-for'), 404, 'MODEL_NOT_FOUND');
  });

  it('gives an alias, which moves to the model that it is given to', async () => {
    await patch(base.id, { aliases: ['production', 'v1'] });
    expect((await meant('production')).status).toBe(200);
    await patch(other.id, { aliases: ['production'] });
    expect((await model(base.id)).aliases).toEqual(['v1']);
    expect((await model(other.id)).aliases).toEqual(['production']);
    await patch(other.id, { aliases: [] });
    expectProblem(await meant('production'), 404, 'MODEL_NOT_FOUND');
    expect((await meant('v1')).status).toBe(200);
  });

  it('remembers each change of the stage, and no change to what it is already', async () => {
    expect(await model(other.id)).toMatchObject({ stage: 'none', stage_history: [] });
    for (const stage of ['staging', 'production', 'production', 'archived']) expect((await patch(other.id, { stage })).status).toBe(200);
    const { stage, stage_history: history = [] } = await model(other.id);
    expect(stage).toBe('archived');
    expect(history.map(({ from, to }) => `${from} to ${to}`)).toEqual(['none to staging', 'staging to production', 'production to archived']);
    expect(history.map(({ at }) => at)).toEqual(history.map(({ at }) => new Date(at).toISOString()).sort());
  });

  it.each([
    ['nothing', {}],
    ['a field that is not there', { colour: 'x' }],
    ['a stage that is none', { stage: 'x' }],
    ['labels of its outputs', { labels: ['a'] }],
    ['an alias that is like an id', { aliases: ['mdl_1'] }],
    ['an alias that is a path', { aliases: ['../x'] }],
    ['an alias twice', { aliases: ['a', 'a'] }],
    ['a name with a control character', { name: 'a\u0000' }],
    ['notes that are too long', { notes: 'x'.repeat(4_097) }],
  ])('refuses %s', async (_what, change) => {
    const before = await model(other.id);
    expect((await patch(other.id, change)).status).toBe(422);
    expect(await model(other.id)).toEqual(before);
  });

  it('knows no model that is not there', async () => {
    expectProblem(await patch(`mdl_${'0'.repeat(32)}`, { name: 'a' }), 404, 'MODEL_NOT_FOUND', []);
  });
});

describe('GET /v1/models/{id}/lineage', () => {
  const lineage = async (id: string): Promise<Lineage> => (await app.get(`/v1/models/${id}/lineage`)).json<Lineage>();

  it('has all ancestors and all that came of it, and shows what was deleted', async () => {
    const tuned = await app.attempt((await app.submit(fineTune(letters, base.id, { kind: 'feature', cut: 'penultimate', head: [] }, { name: 'tuned' }))).id);
    const found = await lineage(base.id);
    expect(found.nodes[0]).toMatchObject({ id: base.id, type: 'model', deleted: false });
    expect(new Set(found.nodes.map(({ id }) => id))).toEqual(new Set([base.id, base.job.id, digits, tuned.id, tuned.model]));
    const edges = [
      { from: digits, to: base.job.id, relation: 'trained_on' },
      { from: base.job.id, to: base.id, relation: 'made' },
      { from: base.id, to: tuned.id, relation: 'started_from' },
      { from: tuned.id, to: tuned.model, relation: 'made' },
    ];
    expect(found.edges).toHaveLength(edges.length);
    expect(found.edges).toEqual(expect.arrayContaining(edges));

    expect((await lineage(tuned.model!)).nodes.map(({ id }) => id)).toEqual(expect.arrayContaining([tuned.model!, tuned.id, letters, base.id, base.job.id, digits]));

    // The base and its job go: the graph still says that they were.
    expect((await app.delete(`/v1/models/${base.id}?descendants=keep`)).status).toBe(204);
    expect((await app.traces()).paths.filter((path) => path.includes(base.id))).toEqual([]);
    const after = await lineage(tuned.model!);
    expect(after.nodes.find(({ id }) => id === base.id)).toEqual({ id: base.id, type: 'model', name: null, status: null, created_at: null, deleted: true });
    expect((await app.delete(`/v1/jobs/${tuned.id}`)).status).toBe(204);
    const last = await lineage(tuned.model!);
    expect(last.nodes.find(({ id }) => id === tuned.id)).toMatchObject({ type: 'job', deleted: true });
    expect(last.edges).toEqual(expect.arrayContaining([{ from: letters, to: tuned.id, relation: 'trained_on' }, { from: base.id, to: tuned.id, relation: 'started_from' }]));
  });

  it('is of no model that is not there', async () => {
    expectProblem(await app.get(`/v1/models/mdl_${'0'.repeat(32)}/lineage`), 404, 'MODEL_NOT_FOUND', []);
  });

  it('is a picture for who wants one: a box for each thing, named as text, with nothing that runs', async () => {
    await patch(other.id, { name: '<script>alert(1)</script>' });
    for (const asked of [() => app.get(`/v1/models/${other.id}/lineage?format=svg`), () => app.get(`/v1/models/${other.id}/lineage`, { accept: 'image/svg+xml' })]) {
      const answer = await asked();
      expect({ status: answer.status, type: answer.headers['content-type'] }).toEqual({ status: 200, type: 'image/svg+xml' });
      expect(answer.headers['content-security-policy']).toContain('sandbox');
      const { nodes, edges } = await lineage(other.id);
      expect(answer.text.match(/<rect class="node/g)).toHaveLength(nodes.length);
      expect(answer.text.match(/marker-end=/g)).toHaveLength(edges.length);
      expect(answer.text).toContain('&lt;script&gt;');
      expect(answer.text).not.toMatch(/<script|javascript:|href=/);
    }
    expectProblem(await app.get(`/v1/models/${other.id}/lineage?format=png`), 422, 'INVALID_VALUE');
  });
});

// Versions of names: GET /v1/models/versions, and what means a model wherever one is named.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#contract/ids.js';
import type { Lineage } from '#contract/lineage.js';
import type { Model, ModelVersion } from '#contract/model.js';
import type { ListOf } from '#contract/schema.js';
import { TestApp } from '../support/app.js';
import { expectProblem, fineTune, send, type Answer } from '../support/requests.js';

jest.setTimeout(120_000);
const BLANK = Array.from({ length: 28 }, () => Array<number>(28).fill(0));
const NOBODY = `mdl_${'0'.repeat(32)}`;

let app: TestApp;
let digits: string;
let letters: string;
let first: { id: string; job: { id: string } };
let second: { id: string; job: { id: string } };
beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits')).id;
  letters = (await app.generated('glyph_letters')).id;
  first = await app.model(digits, { name: 'digits' });
  second = await app.model(digits, { name: 'digits' });
});

const at = (address: string): string => `/v1/models/${encodeURIComponent(address)}`;
const patch = (address: string, change: object): Promise<Answer> =>
  send(app.url, at(address), { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(change) });
const model = async (address: string): Promise<Model> => (await app.get(at(address))).json<Model>();
const versions = async (name: string, more = ''): Promise<ListOf<ModelVersion>> => (await app.get(`/v1/models/versions?name=${encodeURIComponent(name)}${more}`)).json<ListOf<ModelVersion>>();
/** A model in its place under another id, named as is said: what a job makes, without the time that takes. */
async function copied(name: string): Promise<string> {
  const id = newId('model');
  const { store } = app.rooms;
  for (const file of await store.list(`models/${first.id}`)) {
    const bytes = (await store.get(`models/${first.id}/${file}`))!;
    await store.put(`models/${id}/${file}`, file === 'manifest.json' ? JSON.stringify({ ...(JSON.parse(String(bytes)) as object), id, name: null }) : bytes);
  }
  expect((await patch(id, { name })).status).toBe(200);
  return id;
}
const everything = async (): Promise<string[]> => {
  const paths: string[] = [];
  const walk = async (prefix: string): Promise<void> => {
    for (const name of await app.rooms.store.list(prefix)) {
      const key = prefix === '' ? name : `${prefix}/${name}`;
      if ((await app.rooms.store.sizeOf(key)) === undefined) await walk(key);
      else paths.push(key);
    }
  };
  for (const room of ['aliases', 'annotations', 'datasets', 'jobs', 'models', 'versions']) await walk(room);
  return paths;
};

describe('a version of a name', () => {
  it('is given to each model of that name as it is published, and shown with it', async () => {
    expect([await model(first.id), await model(second.id)]).toMatchObject([{ name: 'digits', version: 1 }, { name: 'digits', version: 2 }]);
    expect((await app.get('/v1/models?name=digits')).json<ListOf<Model>>().data.map(({ version }) => version)).toEqual([2, 1]);
  });

  it('means its model wherever one is asked for', async () => {
    expect(await model('digits@1')).toEqual(await model(first.id));
    expect(await model('digits@latest')).toEqual(await model(second.id));
    expect((await app.get(`${at('digits@2')}/lineage`)).json<Lineage>().model).toBe(second.id);
    expect((await app.get(`${at('digits@1')}/files/labels.json`)).json<string[]>()).toHaveLength(10);
    for (const address of ['digits@1', 'digits@2']) {
      const said = (await app.post(`${at(address)}/predict`, { instances: [BLANK] })).json<{ model: string }>();
      expect(said.model).toBe((await model(address)).id);
      expect((await app.post(`${at(address)}:predict`, { instances: [BLANK] })).status).toBe(200);
    }
  });

  it('means its model wherever a job names one, and the job has its id', async () => {
    const transfer = { kind: 'feature', cut: 'penultimate', head: [] };
    const tuned = await app.submit(fineTune(letters, 'digits@1', transfer));
    expect(tuned.spec.base_model).toBe(first.id);
    const newest = await app.submit(fineTune(letters, 'digits@latest', transfer));
    expect(newest.spec.base_model).toBe(second.id);
    const exported = await app.submit({ type: 'export', model: 'digits@2', format: 'saved_model' });
    expect(exported.spec).toMatchObject({ model: { id: second.id } });
    const evaluated = await app.submit({ type: 'evaluate', model: 'digits@1', against: 'digits@2', dataset: digits });
    expect(evaluated.spec).toMatchObject({ model: { id: first.id }, against: { id: second.id } });
    const taught = await app.submit({ ...fineTune(digits, first.id, { kind: 'parameter', loss_terms: [{ name: 'distillation', model: 'digits@2' }] }) });
    expect(JSON.stringify(taught.spec)).toContain(second.id);
    const compared = await app.submit({ type: 'compare', dataset: letters, base_model: 'digits@1', candidates: [{ name: 'a' }, { name: 'b', base_model: 'digits@2' }] });
    expect(JSON.stringify(compared.spec)).toContain(first.id);
    expect((await app.get('/v1/jobs/schema?type=fine_tune&base_model=digits@1')).status).toBe(200);
    for (const { id } of [tuned, newest, exported, evaluated, taught, compared]) {
      await app.post(`/v1/jobs/${id}/cancel`, {});
      expect((await app.delete(`/v1/jobs/${id}`)).status).toBe(204);
    }
  });

  it('stays where an alias moves; both may be asked for wherever a model is', async () => {
    await patch(first.id, { aliases: ['champion'] });
    expect((await model('champion')).id).toBe(first.id);
    const tuned = await app.submit(fineTune(letters, 'champion', { kind: 'feature', cut: 'penultimate', head: [] }));
    expect(tuned.spec.base_model).toBe(first.id);
    await app.post(`/v1/jobs/${tuned.id}/cancel`, {});
    await patch(second.id, { aliases: ['champion'] });
    expect([(await model('champion')).id, (await model('digits@1')).id]).toEqual([second.id, first.id]);
    await patch(second.id, { aliases: [] });
  });

  it('is another for each of many models that are given the name at once, without a gap', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => copied('at first another')));
    const named = await Promise.all(ids.map((id) => patch(id, { name: 'at once' })));
    expect(named.map(({ status }) => status)).toEqual(ids.map(() => 200));
    expect(named.map((answer) => answer.json<Model>().version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await versions('at once')).data.map(({ version }) => version)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it('is one for a model that is given the name twice at once, and again later', async () => {
    const id = await copied('before');
    const named = await Promise.all([1, 2, 3].map(() => patch(id, { name: 'twice' })));
    expect(named.map((answer) => answer.json<Model>().version)).toEqual([1, 1, 1]);
    await patch(id, { name: 'other' });
    expect((await patch(id, { name: 'twice' })).json<Model>().version).toBe(1);
    expect((await versions('twice')).data).toHaveLength(1);
  });

  it('means its model for good, also after that is named otherwise, or not at all', async () => {
    const id = await copied('to be renamed');
    await patch(id, { name: 'renamed' });
    expect([(await model('to be renamed@1')).id, await model('renamed@1')]).toMatchObject([id, { id, name: 'renamed', version: 1 }]);
    await patch(id, { name: null });
    expect(await model('renamed@1')).toMatchObject({ id, name: null, version: null });
    expect((await versions('renamed')).data).toMatchObject([{ id: 'renamed@1', model: id, deleted: false }]);
  });

  it('goes with its model, and its number is given to no other', async () => {
    const [gone, kept] = [await copied('numbers'), await copied('numbers')];
    expect((await app.delete(at('numbers@1'))).status).toBe(204);
    expect(expectProblem(await app.get(at('numbers@1')), 404, 'MODEL_VERSION_NOT_FOUND', []).detail).toBe(`There is no model "numbers@1": model ${gone} was deleted.`);
    const next = await copied('numbers');
    expect((await model(next)).version).toBe(3);
    expect((await versions('numbers')).data).toMatchObject([
      { version: 3, model: next, deleted: false, stage: 'none' }, { version: 2, model: kept, deleted: false }, { version: 1, model: gone, deleted: true, stage: null, aliases: [] },
    ]);
    expect((await app.delete(at(next))).status).toBe(204);
    expect((await model('numbers@latest')).id).toBe(kept);
    expect((await app.delete(at(kept))).status).toBe(204);
    expect((await model(await copied('numbers'))).version).toBe(4);
    expect((await everything()).filter((path) => path.includes(gone))).toEqual([]);
  });

  it('may be of any name, escaped in an address', async () => {
    for (const name of ['thin strokes, 28 × 28', 'a/b', 'me@home', 'digits@9', '数字'.repeat(64), '😀'.repeat(64), 'a:predict']) {
      const id = await copied(name);
      expect(await model(`${name}@1`)).toMatchObject({ id, name, version: 1 });
      expect((await app.post(`${at(`${name}@1`)}/predict`, { instances: [BLANK] })).status).toBe(200);
    }
    // A name that looks like a version is found as before, where there is no such version.
    expect((await app.post('/v1/models/digits@9:predict', { instances: [BLANK] })).status).toBe(200);
    expect((await app.post('/v1/models/me@home:predict', { instances: [BLANK] })).status).toBe(200);
  });

  it.each([
    ['of a number that was not given', 'digits@99', 404, 'MODEL_VERSION_NOT_FOUND', 'the versions of "digits" go up to 2'],
    ['of a name that no model ever had', 'nobody@1', 404, 'MODEL_VERSION_NOT_FOUND', 'no model was ever named "nobody"'],
    ['the newest of such a name', 'nobody@latest', 404, 'MODEL_VERSION_NOT_FOUND', 'no model was ever named "nobody"'],
    ['without a number', 'digits@', 400, 'MODEL_VERSION_INVALID', 'a whole number from 1 on'],
    ['zero', 'digits@0', 400, 'MODEL_VERSION_INVALID', 'a whole number from 1 on'],
    ['in words', 'digits@three', 400, 'MODEL_VERSION_INVALID', 'a whole number from 1 on'],
    ['without a name', '@1', 400, 'MODEL_VERSION_INVALID', 'a whole number from 1 on'],
  ])('is refused where it is one %s (%s)', async (_what, address, status, code, why) => {
    const before = await everything();
    for (const path of ['', '/lineage', '/files/labels.json']) expect(expectProblem(await app.get(at(address) + path), status, code, []).detail).toContain(why);
    for (const path of ['/predict', ':predict']) expectProblem(await app.post(at(address) + path, { instances: [BLANK] }), status, code, []);
    if (!address.endsWith('latest')) {
      expectProblem(await patch(address, { notes: 'a' }), status, code, []);
      expectProblem(await app.delete(at(address)), status, code, []);
    }
    const inBody = status === 400 ? 'INVALID_VALUE' : 'MODEL_VERSION_UNKNOWN';
    expectProblem(await app.post('/v1/jobs', fineTune(letters, address, { kind: 'parameter' })), 422, inBody, ['/base_model']);
    expectProblem(await app.post('/v1/jobs', { type: 'export', model: address, format: 'saved_model' }), 422, inBody, ['/model']);
    expectProblem(await app.post('/v1/jobs', { type: 'evaluate', model: 'digits@1', against: address, dataset: digits }), 422, inBody, ['/against']);
    expect(await everything()).toEqual(before);
  });

  it.each(['champion', 'digits@latest'])('changes and deletes nothing by what may mean another model by then (%s)', async (address) => {
    await patch(second.id, { aliases: ['champion'] });
    expectProblem(await patch(address, { notes: 'a' }), 404, 'MODEL_NOT_FOUND', []);
    expectProblem(await app.delete(at(address)), 404, 'MODEL_NOT_FOUND', []);
    expect((await model(second.id)).notes).toBeNull();
    await patch(second.id, { aliases: [] });
  });

  it.each(['catalogue', 'imports', 'versions'])('cannot be hidden by an alias that is a part of other addresses (%s)', async (alias) => {
    expectProblem(await patch(first.id, { aliases: ['fine', alias] }), 422, 'INVALID_VALUE', ['/aliases/1']);
    expect((await model(first.id)).aliases).toEqual([]);
  });
});

describe('GET /v1/models/versions', () => {
  it('gives pages that follow each other by the Link header, newest first', async () => {
    for (let n = 0; n < 5; n += 1) await copied('paged, by "name"');
    const seen: string[] = [];
    let path: string | undefined = `/v1/models/versions?name=${encodeURIComponent('paged, by "name"')}&limit=2`;
    while (path !== undefined) {
      const answer: Answer = await app.get(path);
      const { data, last_id: last, has_more: more } = answer.json<ListOf<ModelVersion>>();
      seen.push(...data.map(({ id }) => id));
      expect(last).toBe(data.at(-1)!.id);
      path = /^<([^>]+)>; rel="next"$/.exec((answer.headers.link as string | undefined) ?? '')?.[1];
      expect(path !== undefined).toBe(more);
    }
    expect(seen).toEqual([5, 4, 3, 2, 1].map((version) => `paged, by "name"@${version}`));
  });

  it('says when each was given, with stage and aliases of today', async () => {
    const id = await copied('staged');
    await patch(id, { stage: 'production', aliases: ['champion'] });
    const [found] = (await versions('staged')).data;
    expect(found).toEqual({ id: 'staged@1', object: 'model_version', name: 'staged', version: 1, model: id, created_at: found!.created_at, deleted: false, stage: 'production', aliases: ['champion'] });
    expect(Math.abs(Date.parse(found!.created_at) - Date.now())).toBeLessThan(60_000);
    await patch(id, { aliases: [] });
  });

  it('is empty for a name that no model ever had', async () => {
    expect(await versions('nobody')).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
  });

  it.each([
    ['no name', '', 'MISSING_FIELD', '/name'],
    ['a limit that is none', '?name=digits&limit=0', 'INVALID_VALUE', '/limit'],
    ['what follows no version', '?name=digits&after=digits', 'INVALID_VALUE', '/after'],
    ['what follows a version of another name', '?name=digits&after=letters@1', 'INVALID_VALUE', '/after'],
    ['a field that is not there', '?name=digits&stage=none', 'UNKNOWN_FIELD', '/stage'],
  ])('refuses %s', async (_what, query, code, pointer) => {
    expectProblem(await app.get(`/v1/models/versions${query}`), 422, code, [pointer]);
  });
});

describe('DELETE /v1/models/{id} of a model that others came of', () => {
  it('is refused, and says how many and which; told to keep them, it goes, and their lineage names it', async () => {
    const base = await copied('base');
    const transfer = { kind: 'feature', cut: 'penultimate', head: [] };
    const children: string[] = [];
    for (let n = 0; n < 4; n += 1) children.push((await app.attempt((await app.submit(fineTune(letters, base, transfer, { training: { epochs: 1, seed: n } }))).id)).model!);
    const before = await everything();
    const { detail } = expectProblem(await app.delete(at(base)), 409, 'MODEL_HAS_DESCENDANTS', []);
    expect(detail).toMatch(new RegExp(`^4 models descend from model ${base}: mdl_\\w+, mdl_\\w+, mdl_\\w+ and 1 more\\. .*\\?descendants=keep`));
    expect(children).toEqual(expect.arrayContaining(detail.match(/mdl_\w+/g)!.slice(1, 4)));
    expect((await app.delete(`${at(base)}?descendants=refuse`)).status).toBe(409);
    expectProblem(await app.delete(`${at(base)}?descendants=delete`), 422, 'INVALID_VALUE', ['/descendants']);
    expect(await everything()).toEqual(before);

    expect((await app.delete(`${at(base)}?descendants=keep`)).status).toBe(204);
    expectProblem(await app.get(at(base)), 404, 'MODEL_NOT_FOUND', []);
    const { nodes } = (await app.get(`${at(children[0]!)}/lineage`)).json<Lineage>();
    expect(nodes.find(({ id }) => id === base)).toMatchObject({ type: 'model', deleted: true });
    expect((await app.post(`${at(children[0]!)}/predict`, { instances: [BLANK] })).status).toBe(200);
    for (const child of children) expect((await app.delete(at(child))).status).toBe(204);
  });

  it('counts those of models that were deleted in between, and of those that it was learnt from', async () => {
    const [base, teacher] = [await copied('grandparent'), await copied('teacher')];
    const tuned = async (from: string, transfer: object): Promise<string> => (await app.attempt((await app.submit(fineTune(digits, from, transfer))).id)).model!;
    const child = await tuned(base, { kind: 'parameter' });
    const grandchild = await tuned(child, { kind: 'parameter', loss_terms: [{ name: 'distillation', model: teacher }] });
    expect((await app.delete(`${at(child)}?descendants=keep`)).status).toBe(204);
    for (const one of [base, teacher]) expect(expectProblem(await app.delete(at(one)), 409, 'MODEL_HAS_DESCENDANTS').detail).toMatch(new RegExp(`^A model descends from model ${one}: ${grandchild}\\. Delete that first`));
    expect((await app.delete(at(grandchild))).status).toBe(204);
    for (const one of [base, teacher]) expect((await app.delete(at(one))).status).toBe(204);
  });

  it('is refused all the same while a job that has not ended needs it, whatever becomes of descendants', async () => {
    const base = await copied('needed');
    const job = await app.submit(fineTune(letters, base, { kind: 'parameter' }));
    expect(expectProblem(await app.delete(`${at(base)}?descendants=keep`), 409, 'MODEL_IN_USE', []).detail).toContain(job.id);
    await app.post(`/v1/jobs/${job.id}/cancel`, {});
    expect((await app.delete(at(base))).status).toBe(204);
  });

  it('is not refused for an evaluation or an export that has ended, nor for what a job was that came to nothing', async () => {
    const base = await copied('measured');
    await app.attempt((await app.submit({ type: 'evaluate', model: base, dataset: digits })).id);
    const failed = await app.submit(fineTune(letters, base, { kind: 'parameter' }));
    await app.post(`/v1/jobs/${failed.id}/cancel`, {});
    expect((await app.delete(at(base))).status).toBe(204);
    expectProblem(await app.delete(at(base)), 404, 'MODEL_NOT_FOUND', []);
    expectProblem(await app.delete(`${at(NOBODY)}?descendants=keep`), 404, 'MODEL_NOT_FOUND', []);
  });

  it('knows of a model whose job was deleted, by what the model says of itself', async () => {
    const base = await copied('of a deleted job');
    const { id, model: child } = await app.attempt((await app.submit(fineTune(letters, base, { kind: 'feature', cut: 'penultimate', head: [] }))).id);
    expect((await app.delete(`/v1/jobs/${id}`)).status).toBe(204);
    expectProblem(await app.delete(at(base)), 409, 'MODEL_HAS_DESCENDANTS');
    await rm(join(app.folder, 'models', child!), { recursive: true });
    expect((await app.delete(at(base))).status).toBe(204);
  });
});

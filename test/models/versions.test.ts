// Versions of a name: each number once, whoever gives them, whenever one of them ends.
import { describe, expect, it, jest } from '@jest/globals';
import { newId } from '#contract/ids.js';
import { addressOf, versionIn } from '#contract/model-address.js';
import { annotate, forgetAnnotation } from '#models/annotations.js';
import { modelIdAt } from '#models/addresses.js';
import { giveMissingVersions, giveVersionsOnce } from '#models/missing-versions.js';
import { findModel, getModel } from '#models/registry.js';
import { findVersion, giveVersion, versionGiven, versionsOf } from '#models/versions.js';
import { openFolderStore } from '#store/stores/folder.js';
import type { Store } from '#store/store.js';
import { baseModel, mlp } from '../support/networks.js';
import { startProgram } from '../support/program.js';
import { temporaryFolder, temporaryStore } from '../support/store.js';

jest.setTimeout(60_000);
const NAME = 'digits';

/** Puts a model into its place as an earlier version did: with its name, and no version of it. */
async function put(store: Store, name: string | null): Promise<string> {
  const model = { ...baseModel(mlp()), id: newId('model'), name };
  await store.put(`models/${model.id}/manifest.json`, JSON.stringify({ schema_version: 2, ...model }));
  return model.id;
}

describe('an address', () => {
  it.each([
    ['digits@3', { name: 'digits', version: 3 }],
    ['digits@latest', { name: 'digits', version: 'latest' }],
    ['me@home@12', { name: 'me@home', version: 12 }],
    ['a name, with a / in it@1', { name: 'a name, with a / in it', version: 1 }],
    ['digits@999999999', { name: 'digits', version: 999_999_999 }],
  ])('%s is a version, and is told as it was written', (address, version) => {
    expect(versionIn(address)).toEqual(version);
    expect(addressOf(version as { name: string; version: number })).toBe(address);
  });

  it.each(['digits@', '@3', 'digits@0', 'digits@03', 'digits@-1', 'digits@1.0', 'digits@1e3', 'digits@v1', 'digits@Latest', 'digits@ 1', 'digits@1000000000', '@'])('%j is none', (address) => {
    expect(versionIn(address)).toBe('malformed');
  });

  it.each(['digits', 'production', 'mdl_0197a2c4d5e67f8091a2b3c4d5e6f708', 'mobilenet_v2_035_224', ''])('%j is something else', (address) => {
    expect(versionIn(address)).toBeUndefined();
  });
});

describe('a version', () => {
  it('is the next whole number of its name, counted for each name by itself', async () => {
    const store = await temporaryStore();
    const ids = [newId('model'), newId('model'), newId('model')] as const;
    expect([await giveVersion(store, NAME, ids[0]), await giveVersion(store, NAME, ids[1]), await giveVersion(store, 'letters', ids[2])]).toEqual([1, 2, 1]);
    expect(await versionsOf(store, NAME)).toEqual([2, 1]);
    expect(await findVersion(store, NAME, 2)).toMatchObject({ name: NAME, model: ids[1] });
    expect(await findVersion(store, NAME, 3)).toBeUndefined();
  });

  it('is the same however often it is given', async () => {
    const store = await temporaryStore();
    const [first, second] = [newId('model'), newId('model')];
    for (const version of [1, 1]) expect(await giveVersion(store, NAME, first)).toBe(version);
    await giveVersion(store, NAME, second);
    expect(await giveVersion(store, NAME, first)).toBe(1);
    expect([await versionGiven(store, NAME, first), await versionGiven(store, NAME, second), await versionGiven(store, NAME, newId('model'))]).toEqual([1, 2, null]);
    expect(await versionsOf(store, NAME)).toEqual([2, 1]);
  });

  it('is counted as a number, beyond nine and ninety-nine', async () => {
    const store = await temporaryStore();
    for (let version = 1; version <= 101; version += 1) expect(await giveVersion(store, NAME, newId('model'))).toBe(version);
    expect((await versionsOf(store, NAME)).slice(0, 3)).toEqual([101, 100, 99]);
  });

  it('is another for each of many that are given one at once, by several stores over one folder', async () => {
    const folder = await temporaryFolder();
    const stores = await Promise.all([1, 2, 3].map(() => openFolderStore(folder)));
    const models = Array.from({ length: 24 }, () => newId('model'));
    const given = await Promise.all(models.map((model, at) => giveVersion(stores[at % 3]!, NAME, model)));
    expect([...given].sort((one, other) => one - other)).toEqual(models.map((_, at) => at + 1));
    expect(await Promise.all(models.map((model) => versionGiven(stores[0]!, NAME, model)))).toEqual(given);
  });

  it('is one, where several give the same model one at once', async () => {
    const folder = await temporaryFolder();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openFolderStore(folder)));
    const model = newId('model');
    await giveVersion(stores[0]!, NAME, newId('model'));
    expect(await Promise.all(stores.map((store) => giveVersion(store, NAME, model)))).toEqual([2, 2, 2, 2]);
    expect(await versionsOf(stores[0]!, NAME)).toEqual([2, 1]);
  });

  it.each(['version.claimed.fail', 'version.given.fail'])('whose process is killed at %s is given again as the same, and another model has the next', async (point) => {
    const folder = await temporaryFolder();
    const [killed, other] = [newId('model'), newId('model')];
    const program = startProgram(new URL('./version-program.ts', import.meta.url), [folder, NAME, killed, point]);
    await expect(program.next()).rejects.toThrow('the program ended');
    await program.end('SIGKILL');
    expect(program.child.signalCode).toBe('SIGKILL');
    const store = await openFolderStore(folder);
    // Somebody else comes first.
    const next = await giveVersion(store, NAME, other);
    const again = await giveVersion(store, NAME, killed);
    expect([next, again]).toEqual(point === 'version.claimed.fail' ? [1, 2] : [2, 1]);
    expect(await versionsOf(store, NAME)).toEqual([2, 1]);
  });

  it('is never given again: not after its model was deleted, nor its last', async () => {
    const store = await temporaryStore();
    const [first, second] = [newId('model'), newId('model')];
    for (const model of [first, second]) await giveVersion(store, NAME, model);
    await forgetAnnotation(store, second);
    expect(await giveVersion(store, NAME, newId('model'))).toBe(3);
    await expect(modelIdAt(store, `${NAME}@2`)).rejects.toMatchObject({ code: 'MODEL_VERSION_NOT_FOUND', message: expect.stringContaining(`model ${second} was deleted`) });
    // One that comes again under its id, as a base model of the catalogue does, has a new one.
    expect(await giveVersion(store, NAME, second)).toBe(4);
  });

  it('is of a name in any script, and no name is taken for another', async () => {
    const store = await temporaryStore();
    const names = ['цифры', '数字', '../../etc/passwd', 'a/b', 'Digits', 'digits ', 'digits', '😀'];
    for (const name of names) expect(await giveVersion(store, name, newId('model'))).toBe(1);
    expect((await store.list('versions')).every((folder) => /^[0-9a-f]{64}$/.test(folder))).toBe(true);
  });
});

describe('models of a time before there were versions', () => {
  it('have theirs once, by their age; those without a name have none', async () => {
    const store = await temporaryStore();
    const [old, young] = [await put(store, NAME), await put(store, NAME)];
    const nameless = await put(store, null);
    expect((await getModel(store, old)).version).toBeNull();
    await giveVersionsOnce(store);
    expect(await Promise.all([old, young, nameless].map(async (id) => (await findModel(store, id))?.version))).toEqual([1, 2, null]);
    // From then on nobody looks.
    const later = await put(store, NAME);
    await giveVersionsOnce(store);
    expect((await getModel(store, later)).version).toBeNull();
    await giveMissingVersions(store);
    expect((await getModel(store, later)).version).toBe(3);
  });

  it('are passed over where their record cannot be read', async () => {
    const store = await temporaryStore();
    const broken = newId('model');
    await store.put(`models/${broken}/manifest.json`, JSON.stringify({ schema_version: 99, name: NAME }));
    const sound = await put(store, NAME);
    await giveVersionsOnce(store);
    expect((await getModel(store, sound)).version).toBe(1);
  });

  it('have the version of the name that they were given since', async () => {
    const store = await temporaryStore();
    const model = await getModel(store, await put(store, NAME));
    expect((await annotate(store, model, { name: 'renamed' })).version).toBe(1);
    await giveVersionsOnce(store);
    expect(await versionsOf(store, NAME)).toEqual([]);
  });
});

// The catalogue of base models, and the file that an operator adds.
import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingError } from '#config/load.js';
import { KNOWN_BASE_MODELS } from '#models/catalogue/known.js';
import { loadCatalogue } from '#models/catalogue/load.js';
import { whyNotAllowed } from '#outbound/allowed.js';

const folder = mkdtempSync(join(tmpdir(), 'rootstock-catalogue-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string): string => {
  const path = join(folder, 'catalogue.json');
  writeFileSync(path, text);
  return path;
};

describe('The catalogue', () => {
  it('has names of its own for all, at public addresses', async () => {
    const catalogue = await loadCatalogue('');
    expect([...catalogue.keys()]).toEqual(KNOWN_BASE_MODELS.map(({ id }) => id));
    expect(catalogue.get('mobilenet_v1_025_224')?.url).toContain('mobilenet_v1_0.25_224/model.json');
    expect(catalogue.get('mobilenet_v2_035_224')?.url).toContain('_0.35_224_no_top/model.json');
    for (const { url } of catalogue.values()) expect(whyNotAllowed(url, { allowPrivate: false })).toBeUndefined();
  });

  it('takes those of an own file besides, and in the place of one of the same id', async () => {
    const own = { ...KNOWN_BASE_MODELS[0]!, url: 'https://models.example.com/model.json', sha256: '0'.repeat(64) };
    const catalogue = await loadCatalogue(file(JSON.stringify({ base_models: [own, { ...own, id: 'ours' }] })));
    expect(catalogue.size).toBe(KNOWN_BASE_MODELS.length + 1);
    expect(catalogue.get(own.id)).toEqual(own);
  });

  it.each([
    ['is no JSON', () => file('{'), 'it is no JSON'],
    ['has an entry that is none', () => file('{"base_models":[{"id":"a"}]}'), '/base_models/0 must have'],
    ['has a field that is not known', () => file('{"base_models":[],"more":1}'), 'it must NOT have additional properties'],
    ['is not there', () => join(folder, 'nothing.json'), 'it cannot be read (ENOENT)'],
  ])('stops the start where the file %s', async (_what, path, why) => {
    const refusal = await loadCatalogue(path()).catch((problem: unknown) => problem);
    expect(refusal).toBeInstanceOf(SettingError);
    expect((refusal as Error).message).toContain(why);
  });
});

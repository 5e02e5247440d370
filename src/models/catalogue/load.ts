// The catalogue of this service: the base models that come with it, and those of the operator's own file.
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { SettingError } from '../../config/load.js';
import { CatalogueFile, type CatalogueEntry } from '../../contract/catalogue.js';
import { KNOWN_BASE_MODELS } from './known.js';

/** By id. */
export type Catalogue = ReadonlyMap<string, CatalogueEntry>;

export const catalogueOf = (entries: readonly CatalogueEntry[]): Catalogue => new Map(entries.map((entry) => [entry.id, entry]));

/**
 * @param path a file of base models that are known beside those that come with the service, or in place of one of the same id; empty: none
 * @throws SettingError saying what is wrong with it
 */
export async function loadCatalogue(path: string): Promise<Catalogue> {
  return catalogueOf([...KNOWN_BASE_MODELS, ...(path === '' ? [] : await ownEntries(path))]);
}

async function ownEntries(path: string): Promise<CatalogueEntry[]> {
  const refuse = (why: string): SettingError => new SettingError(`CATALOGUE_FILE is "${path}", and ${why}.`);
  const text = await readFile(path, 'utf8').catch((problem: NodeJS.ErrnoException) => {
    throw refuse(`it cannot be read (${problem.code})`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is no JSON');
  }
  const check = new Ajv({ strict: false }).compile<CatalogueFile>(CatalogueFile);
  if (check(value)) return value.base_models;
  const { instancePath, message = 'is wrong' } = check.errors![0]!;
  throw refuse(`${instancePath === '' ? 'it' : instancePath} ${message}`);
}

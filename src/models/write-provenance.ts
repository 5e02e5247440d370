// Writes the provenance of a bundle beside its other files, of which it says where they come from.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleFile } from '../contract/model.js';
import { describeFiles } from './bundle.js';
import { PROVENANCE_FILE, statementOf, type Made } from './provenance.js';

/** Between the other files and the manifest, which lists it too. @returns what the manifest says of it */
export async function writeProvenance(folder: string, made: Made): Promise<BundleFile> {
  await writeFile(join(folder, PROVENANCE_FILE), `${JSON.stringify(statementOf(made), null, 1)}\n`, { flag: 'wx', mode: 0o600 });
  const [described] = await describeFiles(folder, [PROVENANCE_FILE]);
  return described!;
}

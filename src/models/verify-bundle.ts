// Whether a folder is a bundle as the service wrote it: every file by its digest, and what the files say of each other. Needs no service; the network
// itself is run elsewhere (engine/golden.ts).
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../contract/model.js';
import { isWhole } from '../store/file-digest.js';
import { GOLDEN_FILE, MANIFEST_FILE, MANIFEST_VERSION, MODEL_FILE, readWeights, WEIGHTS_FILE } from './bundle.js';
import { PREDICATE_TYPE, PROVENANCE_FILE, STATEMENT_TYPE, type Statement } from './provenance.js';
import { weightsDigest } from './weights.js';

/** One thing that was looked at. */
export interface Check {
  name: 'manifest' | 'files' | 'provenance' | 'weights' | 'spec' | 'metrics' | 'golden_pairs';
  ok: boolean;
  says: string;
}

/** A name of a file of a bundle: no path. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const NEEDED = [MODEL_FILE, WEIGHTS_FILE, GOLDEN_FILE];

type Manifest = Model & { schema_version: number };

/** All checks but the golden pairs, in order; those after a damaged file are left out, since they would speak of other bytes. */
export async function checkFiles(folder: string): Promise<Check[]> {
  const found = await readManifest(folder);
  if ('says' in found) return [found];
  const { manifest } = found;
  const checks: Check[] = [{ name: 'manifest', ok: true, says: `of ${manifest.id}, ${manifest.files.length} files` }];
  const files = await filesCheck(folder, manifest);
  checks.push(files);
  if (!files.ok) return checks;
  for (const [name, check] of [['provenance', provenanceCheck], ['weights', weightsCheck], ['spec', specCheck], ['metrics', metricsCheck]] as const) {
    // What is not of the shape that it must be is not what was written.
    const problem = await check(folder, manifest).catch((error: unknown) => ({ ok: false, says: `cannot be read: ${(error as Error).message}` }));
    if (problem) checks.push({ name, ...problem });
  }
  return checks;
}

type Found = { ok: boolean; says: string } | undefined;

async function readManifest(folder: string): Promise<{ manifest: Manifest } | Check> {
  const wrong = (says: string): Check => ({ name: 'manifest', ok: false, says });
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST_FILE), 'utf8');
  } catch {
    return wrong(`there is no ${MANIFEST_FILE}, which is written last: this is no bundle, or not all of one`);
  }
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.schema_version > MANIFEST_VERSION) return wrong(`${MANIFEST_FILE} was written by a later version`);
    const names = manifest.files.map(({ name }) => name);
    const strange = names.find((name) => !PLAIN.test(name));
    if (strange !== undefined) return wrong(`"${strange.slice(0, 64)}" is no name of a file of a bundle`);
    const missing = NEEDED.find((name) => !names.includes(name));
    return missing === undefined ? { manifest } : wrong(`it does not list ${missing}`);
  } catch {
    return wrong(`${MANIFEST_FILE} is cut off, or no JSON of a manifest`);
  }
}

async function filesCheck(folder: string, { files }: Manifest): Promise<Check> {
  const there = await readdir(folder);
  const wrong: string[] = [];
  for (const file of files) {
    if (!there.includes(file.name)) wrong.push(`${file.name} is missing`);
    else if (!(await isWhole(join(folder, file.name), file))) wrong.push(`${file.name} is not what was written (size or digest)`);
  }
  const strange = there.filter((name) => name !== MANIFEST_FILE && !files.some((file) => file.name === name));
  wrong.push(...strange.map((name) => `${name} is not of the bundle`));
  return { name: 'files', ok: wrong.length === 0, says: wrong.length === 0 ? `${files.length} files by size and SHA-256` : wrong.join('; ') };
}

const readJson = async <T>(folder: string, name: string): Promise<T> => JSON.parse(await readFile(join(folder, name), 'utf8')) as T;

async function provenanceCheck(folder: string, { files, weights_digest: weights, dataset, metrics }: Manifest): Promise<Found> {
  if (!files.some(({ name }) => name === PROVENANCE_FILE)) return { ok: true, says: 'none: an earlier version made the bundle' };
  const statement = await readJson<Statement>(folder, PROVENANCE_FILE);
  const said = (text: string) => ({ ok: false, says: text });
  if (statement._type !== STATEMENT_TYPE || statement.predicateType !== PREDICATE_TYPE) return said('is no in-toto Statement v1 with SLSA provenance v1');
  const subjects = new Map(statement.subject.map(({ name, digest }) => [name, digest.sha256]));
  const others = files.filter(({ name }) => name !== PROVENANCE_FILE);
  const differs = others.find(({ name, sha256 }) => subjects.get(name) !== sha256);
  if (differs) return said(`has another digest of ${differs.name} than the manifest`);
  if (subjects.size !== others.length) return said('names files that the bundle has not');
  const { buildDefinition: { resolvedDependencies: dependencies }, runDetails: { byproducts } } = statement.predicate;
  if (byproducts.find(({ name }) => name === 'weights')?.digest?.rootstockWeights !== weights) return said('has another digest of the weights than the manifest');
  const measured = Buffer.from(byproducts.find(({ name }) => name === 'metrics')?.content ?? '', 'base64').toString('utf8');
  if (measured !== JSON.stringify(metrics)) return said('has other metrics than the manifest');
  const ofData = dependencies.find(({ name }) => name === 'dataset');
  if (dataset !== null && ofData?.uri?.endsWith(dataset) !== true) return said('names another data set than the manifest');
  return { ok: true, says: `in-toto Statement v1, ${subjects.size} subjects, ${dependencies.length} dependencies` };
}

async function weightsCheck(folder: string, { architecture, weights_digest: expected }: Manifest): Promise<Found> {
  const digest = weightsDigest(architecture, await readWeights(folder, architecture));
  return digest === expected ? { ok: true, says: digest } : { ok: false, says: `are ${digest}, not ${expected}` };
}

/** Of a job: the spec that it was made by is the one whose digest it bears, on the data and the base that the manifest names. */
async function specCheck(folder: string, { job, dataset, weights_digest: weights }: Manifest): Promise<Found> {
  if (job === null) return undefined;
  const run = await readJson<{ job: string; spec: { dataset: string }; spec_digest: string; weights_digest: string }>(folder, 'run.json');
  const digest = createHash('sha256').update(JSON.stringify(run.spec)).digest('hex');
  if (digest !== run.spec_digest) return { ok: false, says: `is ${digest}, not ${run.spec_digest}` };
  if (run.job !== job || run.spec.dataset !== dataset || run.weights_digest !== weights) return { ok: false, says: 'run.json is of another job than the manifest' };
  return { ok: true, says: digest };
}

async function metricsCheck(folder: string, { metrics }: Manifest): Promise<Found> {
  const same = JSON.stringify(await readJson<object>(folder, 'metrics.json')) === JSON.stringify(metrics);
  return same ? { ok: true, says: `${Object.keys(metrics).length} values` } : { ok: false, says: 'metrics.json says other than the manifest' };
}

// Reads an input as the service does: what the API looks at when files come, then what the child that ingests or imports does with them.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERRORS, ServiceError } from '#contract/errors.js';
import { readSource } from '#datasets/read-source.js';
import { checkFormat, formatOf, refuseStranger } from '#datasets/readers/registry.js';
import { HEAD_BYTES, type SourceFile } from '#datasets/source-file.js';
import { loadTensorFlow } from '#engine/native.js';
import { probe } from '#engine/probe.js';
import { readModel } from '#models/imports/read-model.js';
import { weightsDigest } from '#models/weights.js';
import type { Input, Target } from './targets.js';

/** What an input may unpack to, small enough that little memory is much. */
const MAX_BYTES = 2 ** 24;

/**
 * @param folder this process's own; emptied first
 * @returns 'ready', or the code of the refusal
 * @throws whatever is no refusal that blames the input, and Error where something is left of an input that was refused
 */
export async function read(target: Target, input: Input, folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  const outFolder = join(folder, 'out');
  await mkdir(outFolder, { recursive: true });
  const files = target.files.map((name, number) => ({ name, path: join(folder, String(number)) }));
  await Promise.all(files.map(({ path }, number) => writeFile(path, input[number]!)));
  try {
    if (target.reader === 'model') await readAsModel(files);
    else await readAsDataset(target, files, input, { folder, outFolder });
    return 'ready';
  } catch (problem) {
    if (!(problem instanceof ServiceError) || ERRORS[problem.code].class !== 'user') throw problem;
    const left = (await readdir(outFolder)).filter((name) => !REPORT.has(name));
    if (left.length > 0) throw new Error(`${left.join(', ')} left behind after ${problem.code}`);
    return problem.code;
  }
}

/** What is kept of a data set that is refused. */
const REPORT: ReadonlySet<string> = new Set(['report.json', 'problems.ndjson']);

async function readAsDataset({ asked = [{}] }: Target, files: readonly SourceFile[], input: Input, { folder, outFolder }: { folder: string; outFolder: string }): Promise<void> {
  const bytes = input.reduce((sum, { length }) => sum + length, 0);
  for (const [number, { name }] of files.entries()) {
    const refusal = refuseStranger(name)(Buffer.from(input[number]!.subarray(0, HEAD_BYTES)));
    if (refusal) throw refusal;
  }
  const wanted = asked[bytes % asked.length]!;
  checkFormat({ table: wanted.table }, await formatOf(files));
  const shown = files.map(({ name }, number) => ({ name, size_bytes: input[number]!.length, sha256: '0'.repeat(64) }));
  const source = { files: shown, generate: null, url: null, class_names: null, on_bad_rows: 'skip' as const, ...wanted };
  await readSource({ sourceFolder: folder, outFolder, source, maxBytes: MAX_BYTES });
}

async function readAsModel(files: readonly SourceFile[]): Promise<void> {
  const { architecture, weights, golden } = await readModel(files, {}, MAX_BYTES);
  const { tf } = loadTensorFlow();
  await tf.ready();
  await probe(tf, architecture, weights, golden);
  weightsDigest(architecture, weights);
}

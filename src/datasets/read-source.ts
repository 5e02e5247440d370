// The ingest of one data set, from what was accepted to the training format. Runs in a child process of its own.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetContent, DatasetSource } from '../contract/dataset.js';
import { ERRORS, ServiceError } from '../contract/errors.js';
import { partsIn } from '../contract/parts.js';
import { volume } from '../contract/shape.js';
import { generate } from './generators/registry.js';
import { INDEX } from './packed-index.js';
import { labelsEach, writePacked, type Batch, type Labels, type PackedForm } from './packed-writer.js';
import { countClasses, ExampleLeftOut, type Parts, type RawDataset, type SourcePart } from './raw-dataset.js';
import type { ReadOptions } from './readers/reader.js';
import { findReader } from './readers/registry.js';
import { leaveReport, PROBLEMS_FILE, writeReport } from './report/report-files.js';
import { Survey } from './report/survey.js';
import { RowProblems } from './row-problems.js';
import { roomFor, type RowValues } from './rows.js';
import { plainSplit, stratifiedSplit, type Split } from './split.js';

/** A source of one part gives a fifth of each class to the test part. */
const TEST_FRACTION = 0.2;
const SPLIT_SEED = 1;
/** Within the folder that is packed into, and gone before it is sealed. */
const SCRATCH = 'scratch';

export interface Ingest {
  /** Where the source's files lie, each named by its number: 0, 1, …. Not read for a generated data set. */
  readonly sourceFolder: string;
  readonly source: DatasetSource;
  /** An existing folder to pack into. */
  readonly outFolder: string;
  /** Most bytes the data set may have once unpacked. */
  readonly maxBytes: number;
}

/**
 * Reads or generates a data set, splits it where it has one part, packs it, and says what it holds. Beside the arrays lies a report of what was
 * found in them. After a failure that the source is to blame for, `outFolder` has such a report alone, and never a packed.json.
 * @throws ServiceError for whatever is wrong with the source: FORMAT_UNKNOWN, what its reader throws, CLASSES_TOO_FEW, CLASS_TOO_SMALL,
 * ROWS_REFUSED, DATASET_TOO_LARGE
 */
export async function readSource({ sourceFolder, source, outFolder, maxBytes }: Ingest): Promise<DatasetContent> {
  await rm(join(outFolder, INDEX), { force: true });
  const scratchFolder = join(outFolder, SCRATCH);
  await mkdir(scratchFolder);
  const problems = new RowProblems(source.on_bad_rows, join(outFolder, PROBLEMS_FILE));
  let survey: Survey | undefined;
  try {
    const raw = source.generate ? generate(source.generate) : await readFiles(sourceFolder, source, optionsOf(source, maxBytes, problems, scratchFolder));
    const pack = async (rows: RawDataset): Promise<DatasetContent> => {
      const { form, batches, split } = await prepared(rows);
      survey = new Survey(form);
      const content = await writePacked(outFolder, form, survey.watching(batches), split);
      problems.requireNone();
      await writeReport(outFolder, content, survey, problems);
      return content;
    };
    try {
      return await pack(raw);
    } catch (thrown) {
      if (!raw.otherwise || !(thrown instanceof ExampleLeftOut || isOfTheSource(thrown))) throw thrown;
      survey = undefined;
      return await pack(await raw.otherwise());
    } finally {
      await raw.close?.();
    }
  } catch (thrown) {
    const problem = refusedRows(problems, thrown);
    if (isOfTheSource(problem)) await leaveReport(outFolder, survey?.rows ?? 0, problems);
    throw problem;
  } finally {
    problems.close();
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

const isOfTheSource = (problem: unknown): problem is ServiceError => problem instanceof ServiceError && ERRORS[problem.code].class === 'user';

/** Where no row may be left out, that some were is what to mend first: what else is wrong may follow from it. */
function refusedRows(problems: RowProblems, problem: unknown): unknown {
  if (!isOfTheSource(problem)) return problem;
  try {
    problems.requireNone();
    return problem;
  } catch (refusal) {
    return refusal;
  }
}

/** What there is to pack: its form, the rows, and how they were split. */
async function prepared(raw: RawDataset): Promise<{ form: PackedForm; batches: AsyncIterable<Batch>; split: DatasetContent['split'] }> {
  const { content } = raw;
  const split = 'whole' in content ? splitOf(content.whole, raw) : undefined;
  const form = (await raw.fit?.(split?.kept ?? null)) ?? raw;
  if ('parts' in content) return { form, batches: ofParts(content.parts, form), split: null };
  return { form, batches: ofWhole(content.whole, split!, form), split: { from: content.from, test_fraction: TEST_FRACTION, seed: SPLIT_SEED } };
}

const optionsOf = (source: DatasetSource, maxBytes: number, problems: RowProblems, scratchFolder: string): ReadOptions => ({
  classNames: source.class_names, task: source.task, maxBytes, problems, scratchFolder, pictures: source.pictures ?? {}, ...(source.table && { table: source.table }),
  ...(source.like && { like: source.like }),
});

async function readFiles(sourceFolder: string, source: DatasetSource, options: ReadOptions): Promise<RawDataset> {
  const files = source.files.map(({ name }, number) => ({ name, path: join(sourceFolder, String(number)) }));
  const reader = await findReader(files);
  return reader.read(files, options);
}

/** Of values, a fifth of all. @throws CLASS_TOO_SMALL where a class has an example for one part only */
function splitOf({ labels }: SourcePart, form: PackedForm): Split {
  const { classNames } = form;
  if (!(labels instanceof Int32Array)) return plainSplit(labels.length / labelsEach(form), TEST_FRACTION, SPLIT_SEED, 'test_split');
  const single = countClasses(labels, classNames.length).indexOf(1);
  if (single >= 0) throw ServiceError.of('CLASS_TOO_SMALL', classNames[single] as string, 1, 2);
  return stratifiedSplit(labels, classNames.length, TEST_FRACTION, SPLIT_SEED, 'test_split');
}

/** The examples of the parts, one part after the other. */
async function* ofParts(parts: Parts, form: PackedForm): AsyncGenerator<Batch> {
  for (const part of partsIn(parts)) {
    for await (const { values, labels } of labelled(parts[part]!, form)) yield { part, values, labels };
  }
}

/** The examples of a whole, each with those of its part. */
async function* ofWhole(whole: SourcePart, { taken }: Split, form: PackedForm): AsyncGenerator<Batch> {
  const each = labelsEach(form);
  const isTest = new Uint8Array(whole.labels.length / each);
  for (const index of taken) isTest[index] = 1;
  for await (const { values, labels, from } of labelled(whole, form)) {
    for (const part of ['train', 'test'] as const) {
      const chosen = Array.from({ length: labels.length / each }, (_, at) => at).filter((at) => (isTest[from + at] === 1) === (part === 'test'));
      yield { part, values: pickRows(values, form, chosen), labels: pickLabels(labels, each, chosen) };
    }
  }
}

/** The examples as they are read, with their labels and the index of the first. */
async function* labelled({ labels, rows }: SourcePart, form: PackedForm): AsyncGenerator<Omit<Batch, 'part'> & { from: number }> {
  const [width, each] = [volume(form.shape), labelsEach(form)];
  let from = 0;
  for await (const values of rows()) {
    const count = values.length / width;
    yield { values, labels: labels.subarray(from * each, (from + count) * each), from };
    from += count;
  }
  if (from * each !== labels.length) throw new RangeError(`${from} examples were read for ${labels.length} labels`);
}

function pickLabels(labels: Labels, each: number, chosen: readonly number[]): Labels {
  const picked = labels instanceof Int32Array ? new Int32Array(chosen.length) : new Float32Array(chosen.length * each);
  for (let at = 0; at < picked.length; at += 1) picked[at] = labels[chosen[Math.floor(at / each)]! * each + (at % each)]!;
  return picked;
}

function pickRows(values: RowValues, form: PackedForm, chosen: readonly number[]): RowValues {
  const picked = roomFor(form, chosen.length);
  const width = volume(form.shape);
  chosen.forEach((row, at) => picked.set(values.subarray(row * width, (row + 1) * width), at * width));
  return picked;
}

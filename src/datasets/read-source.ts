// The ingest of one data set, from what was accepted to the training format. Runs in a child process of its own.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetContent, DatasetSource } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { partsIn } from '../contract/parts.js';
import { volume } from '../contract/shape.js';
import { generate } from './generators/registry.js';
import { INDEX } from './packed-index.js';
import { writePacked, type Batch, type PackedForm } from './packed-writer.js';
import { countClasses, type Parts, type RawDataset, type SourcePart } from './raw-dataset.js';
import type { ReadOptions } from './readers/reader.js';
import { findReader } from './readers/registry.js';
import { RowProblems } from './row-problems.js';
import { roomFor, type RowValues } from './rows.js';
import { stratifiedSplit, type Split } from './split.js';

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
 * Reads or generates a data set, splits it where it has one part, packs it, and says what it holds. After a failure
 * `outFolder` has no packed.json.
 * @throws ServiceError for whatever is wrong with the source: FORMAT_UNKNOWN, what its reader throws, CLASSES_TOO_FEW, CLASS_TOO_SMALL,
 * DATASET_TOO_LARGE
 */
export async function readSource({ sourceFolder, source, outFolder, maxBytes }: Ingest): Promise<DatasetContent> {
  await rm(join(outFolder, INDEX), { force: true });
  const scratchFolder = join(outFolder, SCRATCH);
  await mkdir(scratchFolder);
  try {
    const problems = new RowProblems(source.on_bad_rows);
    const raw = source.generate ? generate(source.generate) : await readFiles(sourceFolder, source, { classNames: source.class_names, maxBytes, problems, scratchFolder });
    try {
      return await packed(outFolder, raw);
    } finally {
      raw.close?.();
    }
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

async function packed(outFolder: string, raw: RawDataset): Promise<DatasetContent> {
  const { shape, classNames, content } = raw;
  if ('parts' in content) return writePacked(outFolder, raw, ofParts(content.parts, volume(shape)), null);

  const split = splitOf(content.whole, classNames);
  return writePacked(outFolder, raw, ofWhole(content.whole, split, raw), { from: content.from, test_fraction: TEST_FRACTION, seed: SPLIT_SEED });
}

async function readFiles(sourceFolder: string, source: DatasetSource, options: ReadOptions): Promise<RawDataset> {
  const files = source.files.map(({ name }, number) => ({ name, path: join(sourceFolder, String(number)) }));
  const reader = await findReader(files);
  return reader.read(files, options);
}

/** @throws CLASS_TOO_SMALL where a class has an example for one part only */
function splitOf({ labels }: SourcePart, classNames: readonly string[]): Split {
  const single = countClasses(labels, classNames.length).indexOf(1);
  if (single >= 0) throw ServiceError.of('CLASS_TOO_SMALL', classNames[single] as string, 1, 2);
  return stratifiedSplit(labels, classNames.length, TEST_FRACTION, SPLIT_SEED, 'test_split');
}

/** The examples of the parts, one part after the other. */
async function* ofParts(parts: Parts, width: number): AsyncGenerator<Batch> {
  for (const part of partsIn(parts)) {
    for await (const { values, labels } of labelled(parts[part]!, width)) yield { part, values, labels };
  }
}

/** The examples of a whole, each with those of its part. */
async function* ofWhole(whole: SourcePart, { taken }: Split, form: PackedForm): AsyncGenerator<Batch> {
  const isTest = new Uint8Array(whole.labels.length);
  for (const index of taken) isTest[index] = 1;
  for await (const { values, labels, from } of labelled(whole, volume(form.shape))) {
    for (const part of ['train', 'test'] as const) {
      const chosen = [...labels.keys()].filter((at) => (isTest[from + at] === 1) === (part === 'test'));
      yield { part, values: pickRows(values, form, chosen), labels: Int32Array.from(chosen, (at) => labels[at]!) };
    }
  }
}

/** The examples as they are read, with their labels and the index of the first. */
async function* labelled({ labels, rows }: SourcePart, width: number): AsyncGenerator<Omit<Batch, 'part'> & { from: number }> {
  let from = 0;
  for await (const values of rows()) {
    const count = values.length / width;
    yield { values, labels: labels.subarray(from, from + count), from };
    from += count;
  }
  if (from !== labels.length) throw new RangeError(`${from} examples were read for ${labels.length} labels`);
}

function pickRows(values: RowValues, form: PackedForm, chosen: readonly number[]): RowValues {
  const picked = roomFor(form, chosen.length);
  const width = volume(form.shape);
  chosen.forEach((row, at) => picked.set(values.subarray(row * width, (row + 1) * width), at * width));
  return picked;
}

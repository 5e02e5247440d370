// The ingest of one data set, from what was accepted to the training format. Runs in a child process of its own.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetContent, DatasetSource } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { countClasses, pickExamples, type RawDataset } from './dataset-arrays.js';
import { generate } from './generators/registry.js';
import { INDEX } from './packed-index.js';
import { writePacked, type PackedSource } from './packed-writer.js';
import { findReader } from './readers/registry.js';
import { stratifiedSplit } from './split.js';

/** A source of one part gives a fifth of each class to the test part. */
const TEST_FRACTION = 0.2;
const SPLIT_SEED = 1;

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
 * @throws ServiceError for whatever is wrong with the source: FORMAT_UNKNOWN, IDX_CORRUPT, IDX_PARTS, LABEL_OUT_OF_RANGE,
 * CLASSES_TOO_FEW, CLASS_TOO_SMALL, DATASET_TOO_LARGE
 */
export async function readSource({ sourceFolder, source, outFolder, maxBytes }: Ingest): Promise<DatasetContent> {
  await rm(join(outFolder, INDEX), { force: true });
  const raw = source.generate ? generate(source.generate) : await readFiles(sourceFolder, source, maxBytes);
  return writePacked(outFolder, split(raw));
}

async function readFiles(sourceFolder: string, source: DatasetSource, maxBytes: number): Promise<RawDataset> {
  const files = source.files.map(({ name }, number) => ({ name, path: join(sourceFolder, String(number)) }));
  const reader = await findReader(files);
  return reader.read(files, { classNames: source.class_names, maxBytes });
}

/** @throws CLASS_TOO_SMALL where a class has an example for one part only */
function split({ shape, classNames, content }: RawDataset): PackedSource {
  if ('parts' in content) return { shape, classNames, split: null, parts: content.parts };

  const { whole, from } = content;
  const single = countClasses(whole.labels, classNames.length).indexOf(1);
  if (single >= 0) throw ServiceError.of('CLASS_TOO_SMALL', classNames[single] as string, 1, 2);

  const { kept, taken } = stratifiedSplit(whole.labels, classNames.length, TEST_FRACTION, SPLIT_SEED, 'test_split');
  return {
    shape,
    classNames,
    split: { from, test_fraction: TEST_FRACTION, seed: SPLIT_SEED },
    parts: { train: pickExamples(whole, shape, kept), test: pickExamples(whole, shape, taken) },
  };
}

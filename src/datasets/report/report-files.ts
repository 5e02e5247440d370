// The files of a report: beside the packed arrays of a data set that is ready, in a folder of their own for one that is invalid.
import { createHash } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetReport, Findings } from '../../contract/dataset-report.js';
import type { DatasetContent, PartSummary } from '../../contract/dataset.js';
import type { BundleFile } from '../../contract/model.js';
import { eachPart, partsIn, type PartName } from '../../contract/parts.js';
import { digestOf, isWhole, type FileDigest } from '../../store/file-digest.js';
import { encodeRecord, readRecord, recordKind } from '../../store/records.js';
import type { Staging, Store } from '../../store/store.js';
import { openPacked } from '../packed.js';
import type { RowProblems } from '../row-problems.js';
import { PNG, pngOf } from './png.js';
import { BYTES, previewOf, type Range } from './preview.js';
import type { Survey } from './survey.js';
import { valuesBy } from './value-statistics.js';
import { classWarnings, constantInputs, duplicateWarnings, skippedRows } from './warnings.js';

export const REPORT_FILE = 'report.json';
export const PROBLEMS_FILE = 'problems.ndjson';
export const PREVIEW_FILE = 'preview.png';
export const NDJSON = 'application/x-ndjson';

/** What is said of a data set, and the other files there are. Its id and status are its own record's to say. */
export interface StoredReport {
  report: Omit<DatasetReport, 'object' | 'dataset' | 'status' | 'error'>;
  problems: BundleFile;
  preview: BundleFile | null;
}

/** Its key is its folder's, with the name of the file. */
export const REPORT = recordKind<StoredReport>('dataset_report', 1, (folder) => `${folder}/${REPORT_FILE}`);

/** Writes the report of what was packed into a folder, with a preview where there are pictures. */
export async function writeReport(folder: string, content: DatasetContent, survey: Survey, problems: RowProblems): Promise<void> {
  const duplicates = survey.duplicates();
  const values = (part: PartName) => survey.statistics[part].all();
  const preview = await writePreview(folder, rangeOf(content, survey));
  const { class_names: names, parts, input_shape: shape } = content;
  const examples = names.map((_, at) => partsIn(parts).reduce((sum, part) => sum + parts[part]!.class_counts[at]!, 0));
  await write(folder, {
    report: {
      rows: { read: survey.rows, skipped: problems.count },
      warnings: [
        ...skippedRows(problems.count, survey.rows),
        ...classWarnings(content),
        ...duplicateWarnings(duplicates, names),
        ...constantInputs(values('train')),
      ],
      findings: {
        input: { shape, dtype: content.preprocessing.input.dtype, values_by: valuesBy(shape).by },
        classes: names.map((name, at) => ({ name, examples: examples[at]!, share: survey.rows === 0 ? 0 : examples[at]! / survey.rows })),
        parts: eachPart<PartSummary, Findings['parts']['train']>(parts, (summary, part) => ({ ...summary, values: values(part) })),
        duplicates: duplicates.counts,
        preview: preview?.sheet ?? null,
      },
      problems: problems.summary(),
    },
    problems: problemsFile(problems),
    preview: preview?.file ?? null,
  });
}

/** Leaves in a folder what can be said of a data set that could not be read to its end, and nothing else. @param read rows that were packed */
export async function leaveReport(folder: string, read: number, problems: RowProblems): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== PROBLEMS_FILE) await rm(join(folder, name), { recursive: true });
  }
  await write(folder, {
    report: { rows: { read, skipped: problems.count }, warnings: [], findings: null, problems: problems.summary() },
    problems: problemsFile(problems),
    preview: null,
  });
}

/** Of the report.json in a staged folder, which is written last; null where there is none. */
export async function reportIn({ path }: Staging): Promise<FileDigest | null> {
  return digestOf(join(path, REPORT_FILE)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** Whether a report is all there, with its files. @param expected what its report.json holds; null where there never was one */
export async function isReportWhole(store: Store, folder: string, expected: FileDigest | null): Promise<boolean> {
  if (!expected) return true;
  if ((await store.list(folder)).length === 0) return false;
  const path = await store.localFolder(folder);
  if (!(await isWhole(join(path, REPORT_FILE), expected))) return false;
  const { problems, preview } = (await readRecord(store, REPORT, folder))!;
  return (await isWhole(join(path, problems.name), problems)) && (preview === null || isWhole(join(path, preview.name), preview));
}

const write = (folder: string, stored: StoredReport): Promise<void> => writeFile(join(folder, REPORT_FILE), encodeRecord(REPORT, stored));

async function writePreview(folder: string, range: Range) {
  const packed = await openPacked(folder);
  try {
    const preview = await previewOf(packed, range);
    if (!preview) return undefined;
    const bytes = await pngOf(preview.picture);
    await writeFile(join(folder, PREVIEW_FILE), bytes);
    return { sheet: preview.sheet, file: fileOf(PREVIEW_FILE, bytes.length, createHash('sha256').update(bytes).digest('hex'), PNG) };
  } finally {
    await packed.close();
  }
}

const problemsFile = (problems: RowProblems): BundleFile => {
  const { size_bytes: sizeBytes, sha256 } = problems.finish();
  return fileOf(PROBLEMS_FILE, sizeBytes, sha256, NDJSON);
};

const fileOf = (name: string, sizeBytes: number, sha256: string, mediaType: string): BundleFile => ({ name, size_bytes: sizeBytes, sha256, media_type: mediaType });

/** What is black and what is white: of bytes 0 and 255, else the least and the largest value of the train part. */
function rangeOf({ preprocessing }: DatasetContent, survey: Survey): Range {
  if (preprocessing.input.dtype === 'uint8') return BYTES;
  const all = survey.statistics.train.all();
  return { min: Math.min(...all.map(({ min }) => min ?? Infinity)), max: Math.max(...all.map(({ max }) => max ?? -Infinity)) };
}

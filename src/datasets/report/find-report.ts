// The report of a data set as it is looked up, with its files and the examples it points at.
import type { DatasetExample, DatasetReport } from '../../contract/dataset-report.js';
import type { Dataset, DatasetContent } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import type { BundleFile } from '../../contract/model.js';
import type { PartName } from '../../contract/parts.js';
import { readRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { readExample, type PackedExample } from '../packed.js';
import { getDataset, packedFolder, reportFolder } from '../registry.js';
import { isPicture, pngOf } from './png.js';
import { shadesOf, shownRange } from './preview.js';
import { REPORT, type StoredReport } from './report-files.js';

/** A file of the report, and its key in the store. */
export interface ReportFile {
  readonly key: string;
  readonly file: BundleFile;
}

export interface FoundReport {
  readonly report: DatasetReport;
  /** All row problems, as NDJSON. */
  readonly problems: ReportFile;
}

/** @throws DATASET_NOT_FOUND, DATASET_NOT_READY while the data set is being read, REPORT_NOT_FOUND */
export async function getReport(store: Store, id: string): Promise<FoundReport> {
  const { dataset, stored } = await storedReport(store, id);
  const { error } = dataset;
  const status = dataset.status === 'ready' ? 'ready' : 'invalid';
  return { report: { object: 'dataset_report', dataset: id, status, error, ...stored.report }, problems: { key: `${reportFolder(dataset)}/${stored.problems.name}`, file: stored.problems } };
}

/** The preview sheet. @throws DATASET_NOT_FOUND, DATASET_NOT_READY, REPORT_NOT_FOUND, NOT_PICTURES */
export async function getPreview(store: Store, id: string): Promise<ReportFile> {
  const { input_shape: shape } = (await readyContent(store, id)).content;
  if (!isPicture(shape)) throw notPictures(id, shape);
  const { dataset, stored: { preview } } = await storedReport(store, id);
  if (!preview) throw ServiceError.of('REPORT_NOT_FOUND', id);
  return { key: `${reportFolder(dataset)}/${preview.name}`, file: preview };
}

export interface FoundExample extends PackedExample {
  readonly content: DatasetContent;
}

/** @throws DATASET_NOT_FOUND, DATASET_NOT_READY, EXAMPLE_NOT_FOUND */
export async function getExample(store: Store, id: string, part: PartName, index: number): Promise<FoundExample> {
  const { content } = await readyContent(store, id);
  const examples = content.parts[part]?.examples ?? 0;
  if (index >= examples) throw ServiceError.of('EXAMPLE_NOT_FOUND', index, part, examples);
  return { content, ...(await readExample(await packedFolder(store, id), part, index)) };
}

export function exampleAsJson({ content, values, labels }: FoundExample, id: string, part: PartName, index: number): DatasetExample {
  const label = content.target ? null : labels[0]!;
  return {
    object: 'dataset_example',
    dataset: id,
    part,
    index,
    shape: content.input_shape,
    values: Array.from<number, number | null>(values, (value) => (Number.isNaN(value) ? null : value)),
    label,
    class_name: label === null ? null : content.class_names[label]!,
    target: content.target ? [...labels] : null,
  };
}

/** @throws NOT_PICTURES */
export async function exampleAsPng({ content, values }: FoundExample, id: string): Promise<Buffer> {
  const [height = 0, width = 0, channels = 0] = content.input_shape;
  if (!isPicture(content.input_shape)) throw notPictures(id, content.input_shape);
  return pngOf({ height, width, channels, values: shadesOf(values, shownRange(values)) });
}

const notPictures = (id: string, shape: readonly number[]): ServiceError =>
  ServiceError.of('NOT_PICTURES', id, shape.length === 1 ? `vectors of ${shape[0]} values` : `of shape ${shape.join(' × ')}`);

async function readyContent(store: Store, id: string): Promise<{ content: DatasetContent }> {
  const { status, content } = await getDataset(store, id);
  if (!content) throw ServiceError.of('DATASET_NOT_READY', id, status);
  return { content };
}

async function storedReport(store: Store, id: string): Promise<{ dataset: Dataset; stored: StoredReport }> {
  const dataset = await getDataset(store, id);
  if (dataset.status !== 'ready' && dataset.status !== 'invalid') throw ServiceError.of('DATASET_NOT_READY', id, dataset.status);
  const stored = await readRecord(store, REPORT, reportFolder(dataset));
  if (!stored) throw ServiceError.of('REPORT_NOT_FOUND', id);
  return { dataset, stored };
}

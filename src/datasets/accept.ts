// Accepting a data set: source files streamed into a staging folder and hashed on the way, then published with their record.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { DatasetForm, DatasetRequest, DatasetSource } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import { orDiskFull } from '../store/disk-full.js';
import { encodeRecord } from '../store/records.js';
import type { Staging, Store } from '../store/store.js';
import { ACCEPTED_DATASET, acceptDataset, type AcceptedDataset } from './registry.js';
import { formatOf, looksReadable } from './readers/registry.js';
import { plainName, receiveFile, type SentFile } from './receive.js';

const USUAL_EXAMPLES = 12_000;
const USUAL_SEED = 1;
const TABLE_FORMATS: ReadonlySet<string> = new Set(['csv', 'jsonl', 'parquet']);

export interface DatasetUpload {
  files: AsyncIterable<{ name: string; bytes: Readable }>;
  fields: () => DatasetForm;
  maxBytes: number;
  /** Called when all was received, before anything is accepted; what it throws is why nothing is. */
  received?: (files: readonly SentFile[]) => Promise<void>;
}

/**
 * Accepts a data set under an id, unless that has been accepted already.
 * @returns the id of the accepted data set
 */
export async function acceptGenerated(store: Store, request: DatasetRequest, id = newId('dataset')): Promise<string> {
  const { name, examples = USUAL_EXAMPLES, seed = USUAL_SEED } = request.generate;
  const source: DatasetSource = { files: [], generate: { name, examples, seed }, class_names: null, on_bad_rows: 'skip' };
  return inStaging(store, id, async () => ({ name: request.name ?? name, format: 'generated', source }));
}

/**
 * Accepts a data set under an id, unless that has been accepted already.
 * @returns the id of the accepted data set
 * @throws UPLOAD_EMPTY, UPLOAD_TOO_LARGE, FORMAT_UNKNOWN, INVALID_VALUE for a format that the files are not of; nothing of a refused upload stays behind
 */
export async function acceptUpload(store: Store, upload: DatasetUpload, id = newId('dataset')): Promise<string> {
  return inStaging(store, id, async (staging) => {
    const files: DatasetSource['files'] = [];
    const sent: SentFile[] = [];
    let room = upload.maxBytes;
    for await (const { name, bytes } of upload.files) {
      const refuse = (start: Buffer): ServiceError | undefined =>
        start.length > 0 && looksReadable(start) ? undefined : ServiceError.of('FORMAT_UNKNOWN', plainName(name));
      const written = await receiveFile(join(staging.path, 'source', String(files.length)), bytes, { room, maxBytes: upload.maxBytes, refuse });
      room -= written.size_bytes;
      files.push({ name: plainName(name), ...written });
      sent.push({ name, ...written });
    }
    if (files.length === 0) throw ServiceError.of('UPLOAD_EMPTY');
    const { name, format: asked, class_names: classNames, task, on_bad_rows: onBadRows, pictures, table } = upload.fields();
    if (task === 'regression' && classNames) throw ServiceError.of('TASK_MISMATCH', 'class_names', task).at('/class_names');
    await upload.received?.(sent);
    const format = await formatOf(files.map((file, at) => ({ name: file.name, path: join(staging.path, 'source', String(at)) })));
    if (asked !== undefined && format !== null && asked !== format) throw ServiceError.of('INVALID_VALUE', `is "${asked}", but the files are ${format}`).at('/format');
    if (pictures && format !== null && format !== 'images') throw ServiceError.of('INVALID_VALUE', `is for pictures, but the files are ${format}`).at('/pictures');
    if (table && format !== null && !TABLE_FORMATS.has(format)) throw ServiceError.of('INVALID_VALUE', `is for tables, but the files are ${format}`).at('/table');
    const source: DatasetSource = {
      files, generate: null, class_names: classNames ?? null, on_bad_rows: onBadRows ?? 'skip',
      ...(task && { task }), ...(pictures && { pictures }), ...(table && { table }),
    };
    return { name: name ?? files[0]!.name, format, source };
  });
}

type Accepted = Pick<AcceptedDataset, 'name' | 'format' | 'source'>;

async function inStaging(store: Store, id: string, fill: (staging: Staging) => Promise<Accepted>): Promise<string> {
  const staging = await store.stage(id);
  const write = async (): Promise<void> => {
    await mkdir(join(staging.path, 'source'), { mode: 0o700 });
    const record: AcceptedDataset = { id, created_at: new Date().toISOString(), ...(await fill(staging)) };
    await writeFile(join(staging.path, 'dataset.json'), encodeRecord(ACCEPTED_DATASET, record), { mode: 0o600 });
    // Published by an earlier request of the same id, it stays as it is.
    if (!(await acceptDataset(store, id, staging))) await store.discard(staging);
  };
  try {
    await orDiskFull(write());
    return id;
  } catch (problem) {
    await store.discard(staging);
    throw problem;
  }
}

// Accepting a data set: source files streamed into a staging folder and hashed on the way, then published with their record.
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { DatasetForm, DatasetSource, FetchRequest, GenerateRequest, UploadedRequest } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import { checkUrl, nameOfUrl } from '../outbound/guarded-fetch.js';
import type { Reach } from '../outbound/allowed.js';
import type { Store } from '../store/store.js';
import { acceptStaged } from './acceptance.js';
import { findLike } from './like.js';
import { ACCEPTED_DATASET, acceptDataset } from './registry.js';
import { checkFormat, formatOf, refuseStranger } from './readers/registry.js';
import { plainName, receiveFiles, shownFiles, type SentFile, type Upload } from './receive.js';
import { findUpload, openUpload, type StoredUpload } from './uploads.js';

const USUAL_EXAMPLES = 12_000;
const USUAL_SEED = 1;

const DATASET = { kind: ACCEPTED_DATASET, file: 'dataset.json', publish: acceptDataset };

/** What a form says of how files are to be read. */
type ReadingOptions = Omit<DatasetForm, 'name' | 'format'>;

/**
 * Accepts a data set under an id, unless that has been accepted already.
 * @returns the id of the accepted data set
 */
export async function acceptGenerated(store: Store, request: GenerateRequest, id = newId('dataset')): Promise<string> {
  const { name, examples = USUAL_EXAMPLES, seed = USUAL_SEED } = request.generate;
  const source: DatasetSource = { files: [], url: null, generate: { name, examples, seed }, ...readingOptions({}) };
  return acceptStaged(store, DATASET, id, async () => ({ name: request.name ?? name, format: 'generated' as const, source }));
}

/**
 * Accepts a data set under an id, unless that has been accepted already.
 * @returns the id of the accepted data set
 * @throws UPLOAD_EMPTY, UPLOAD_TOO_LARGE, TASK_MISMATCH, FORMAT_UNKNOWN, INVALID_VALUE for what the files are not, and what `findLike` throws; nothing of a refused upload stays behind
 */
export async function acceptUpload(store: Store, upload: Upload<DatasetForm>, id = newId('dataset')): Promise<string> {
  return acceptStaged(store, DATASET, id, async (folder) => {
    const sent = await receiveFiles(folder, upload, refuseStranger);
    const files = shownFiles(sent);
    const { name = files[0]!.name, format: asked, ...options } = upload.fields();
    const reading = readingOptions(options);
    await upload.received?.(sent);
    const format = await formatOf(files.map((file, at) => ({ name: file.name, path: join(folder, String(at)) })));
    checkFormat({ format: asked, ...options }, format);
    const like = await findLike(store, options.table);
    return { name, format, source: { files, generate: null, url: null, ...reading, ...(like && { like }) } };
  });
}

/**
 * Accepts a data set of files that were uploaded in pieces, and are left where they are, unless its id has been accepted already.
 * @returns the id of the accepted data set
 * @throws UPLOAD_UNKNOWN, UPLOAD_UNFINISHED, DIGEST_MISMATCH, and what `acceptUpload` throws
 */
export async function acceptResumable(store: Store, { upload: ids, ...options }: UploadedRequest, maxBytes: number, id?: string): Promise<string> {
  const uploads = await Promise.all(ids.map((one, at) => finishedUpload(store, one, `/upload/${at}`)));
  const received = async (sent: readonly SentFile[]): Promise<void> => {
    const other = sent.find(({ sha256 }, at) => (uploads[at]!.metadata.sha256 ?? sha256) !== sha256);
    if (other) throw ServiceError.of('DIGEST_MISMATCH', plainName(other.name), 'SHA-256').at(`/upload/${sent.indexOf(other)}`);
  };
  try {
    return await acceptUpload(store, { files: filesOf(store, uploads), fields: () => options, maxBytes, received }, id);
  } catch (problem) {
    // One that was removed meanwhile says so.
    if (!(problem instanceof ServiceError)) await Promise.all(ids.map((one, at) => finishedUpload(store, one, `/upload/${at}`)));
    throw problem;
  }
}

async function* filesOf(store: Store, uploads: readonly StoredUpload[]): Upload<DatasetForm>['files'] {
  for (const { id, size_bytes: size, metadata } of uploads) {
    yield { name: metadata.filename ?? id, bytes: size === 0 ? Readable.from([]) : openUpload(store, id) };
  }
}

async function finishedUpload(store: Store, id: string, pointer: string): Promise<StoredUpload> {
  const upload = await findUpload(store, id);
  if (!upload) throw ServiceError.of('UPLOAD_UNKNOWN', id).at(pointer);
  if (upload.offset < upload.size_bytes) throw ServiceError.of('UPLOAD_UNFINISHED', id, upload.offset, upload.size_bytes).at(pointer);
  return upload;
}

/**
 * Accepts a data set whose file is still to be fetched, unless its id has been accepted already.
 * @returns the id of the accepted data set
 * @throws URL_NOT_ALLOWED, TASK_MISMATCH, and what `findLike` throws
 */
export async function acceptUrl(store: Store, request: FetchRequest, reach: Reach, id = newId('dataset')): Promise<string> {
  checkUrl(request.url, reach); // before its name is asked for
  const { url, sha256 = null, name = plainName(nameOfUrl(url)), format = null, ...options } = request;
  const source: DatasetSource = { files: [], generate: null, url: { asked: url, found: null, sha256 }, ...readingOptions(options) };
  return acceptStaged(store, DATASET, id, async () => {
    const like = await findLike(store, options.table);
    return { name, format, source: { ...source, ...(like && { like }) } };
  });
}

/** How files are to be read, with what is usual for what was left open. @throws TASK_MISMATCH */
function readingOptions({ class_names: classNames, on_bad_rows: onBadRows = 'skip', ...others }: ReadingOptions): Omit<DatasetSource, 'files' | 'generate' | 'url'> {
  if (others.task === 'regression' && classNames) throw ServiceError.of('TASK_MISMATCH', 'class_names', others.task).at('/class_names');
  return { ...others, class_names: classNames ?? null, on_bad_rows: onBadRows };
}

// Accepting a model that is sent: its files streamed into a staging folder, refused by what they are, then published with their record.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ServiceError } from '../../contract/errors.js';
import { newId } from '../../contract/ids.js';
import type { ImportSource, ModelFormat, ModelImportForm } from '../../contract/model.js';
import { startsAsZip } from '../../datasets/archive.js';
import { plainName, receiveFile, type SentFile } from '../../datasets/receive.js';
import { orDiskFull } from '../../store/disk-full.js';
import { encodeRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { foreignFormat } from './foreign.js';
import { startsAsHdf5 } from './hdf5.js';
import { ACCEPTED_IMPORT, acceptImport, type AcceptedImport } from './registry.js';

export interface ModelUpload {
  files: AsyncIterable<{ name: string; bytes: Readable }>;
  fields: () => ModelImportForm;
  maxBytes: number;
  /** Called when all was received, before anything is accepted; what it throws is why nothing is. */
  received?: (files: readonly SentFile[]) => Promise<void>;
}

/** What a file is, by its first bytes. */
type Kind = 'hdf5' | 'zip' | 'json' | 'bytes';

const kindOf = (start: Buffer): Kind => {
  if (startsAsHdf5(start)) return 'hdf5';
  if (startsAsZip(start)) return 'zip';
  return /^(?:\ufeff)?\s*\{/.test(start.subarray(0, 64).toString('utf8')) ? 'json' : 'bytes';
};
/** The shards of a model hold numbers, which may begin like anything. */
const isShard = (name: string): boolean => /\.bin$|^group\d+-shard\d+of\d+/.test(name);

/**
 * Accepts a model under an id, unless that has been accepted already.
 * @returns the id of the accepted model
 * @throws UPLOAD_EMPTY, UPLOAD_TOO_LARGE, MODEL_FORMAT; nothing of a refused upload stays behind
 */
export async function acceptModel(store: Store, upload: ModelUpload, id = newId('model')): Promise<string> {
  const staging = await store.stage(id);
  const receive = async (): Promise<void> => {
    await mkdir(join(staging.path, 'source'), { mode: 0o700 });
    const received = await receiveAll(join(staging.path, 'source'), upload);
    const record: AcceptedImport = { id, created_at: new Date().toISOString(), ...received };
    await writeFile(join(staging.path, 'import.json'), encodeRecord(ACCEPTED_IMPORT, record), { mode: 0o600 });
    // Published by an earlier request of the same id, it stays as it is.
    if (!(await acceptImport(store, id, staging))) await store.discard(staging);
  };
  try {
    await orDiskFull(receive());
    return id;
  } catch (problem) {
    await store.discard(staging);
    throw problem;
  }
}

async function receiveAll(folder: string, upload: ModelUpload): Promise<Pick<AcceptedImport, 'name' | 'source' | 'options'>> {
  const files: ImportSource['files'] = [];
  const sent: SentFile[] = [];
  const kinds: Kind[] = [];
  let room = upload.maxBytes;
  for await (const { name, bytes } of upload.files) {
    const shown = plainName(name);
    const refuse = (start: Buffer): ServiceError | undefined => {
      kinds.push(kindOf(start));
      const foreign = foreignFormat(shown, isShard(shown) ? Buffer.alloc(0) : start);
      return foreign === undefined ? undefined : ServiceError.of('MODEL_FORMAT', shown, `is ${foreign}`);
    };
    const written = await receiveFile(join(folder, String(files.length)), bytes, { room, maxBytes: upload.maxBytes, refuse });
    room -= written.size_bytes;
    files.push({ name: shown, ...written });
    sent.push({ name, ...written });
  }
  if (files.length === 0) throw ServiceError.of('UPLOAD_EMPTY');
  const { name = null, ...options } = upload.fields();
  await upload.received?.(sent);
  return { name, options, source: { kind: 'import', format: formatOf(files, kinds), files } };
}

/** One archive or one HDF5 file stands alone; anything else must have a description. @throws MODEL_FORMAT */
function formatOf([first, ...others]: ImportSource['files'], kinds: readonly Kind[]): ModelFormat | null {
  if (others.length === 0 && kinds[0] === 'zip') return null;
  if (others.length === 0 && kinds[0] === 'hdf5') return 'keras_h5';
  if (kinds.includes('json') && !kinds.includes('hdf5') && !kinds.includes('zip')) return 'tfjs_layers';
  throw ServiceError.of('MODEL_FORMAT', first!.name, others.length === 0 ? 'is no model' : 'and what was sent with it are no model');
}

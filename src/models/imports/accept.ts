// Accepting a model that is sent: its files streamed into a staging folder, refused by what they are, then published with their record.
import { ServiceError } from '../../contract/errors.js';
import { newId } from '../../contract/ids.js';
import type { ImportSource, ModelFormat, ModelImportForm } from '../../contract/model.js';
import { acceptStaged } from '../../datasets/acceptance.js';
import { startsAsZip } from '../../datasets/archive.js';
import { receiveFiles, shownFiles, type Upload } from '../../datasets/receive.js';
import type { Store } from '../../store/store.js';
import { foreignFormat } from './foreign.js';
import { startsAsHdf5 } from './hdf5.js';
import { ACCEPTED_IMPORT, acceptImport } from './registry.js';

const MODEL = { kind: ACCEPTED_IMPORT, file: 'import.json', publish: acceptImport };

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
export async function acceptModel(store: Store, upload: Upload<ModelImportForm>, id = newId('model')): Promise<string> {
  return acceptStaged(store, MODEL, id, async (folder) => {
    const kinds: Kind[] = [];
    const sent = await receiveFiles(folder, upload, (name) => (start) => {
      kinds.push(kindOf(start));
      const foreign = foreignFormat(name, isShard(name) ? Buffer.alloc(0) : start);
      return foreign === undefined ? undefined : ServiceError.of('MODEL_FORMAT', name, `is ${foreign}`);
    });
    const { name = null, ...options } = upload.fields();
    await upload.received?.(sent);
    const files = shownFiles(sent);
    return { name, options, source: { kind: 'import' as const, format: formatOf(files, kinds), files } };
  });
}

/** One archive or one HDF5 file stands alone; anything else must have a description. @throws MODEL_FORMAT */
function formatOf([first, ...others]: ImportSource['files'], kinds: readonly Kind[]): ModelFormat | null {
  if (others.length === 0 && kinds[0] === 'zip') return null;
  if (others.length === 0 && kinds[0] === 'hdf5') return 'keras_h5';
  if (kinds.includes('json') && !kinds.includes('hdf5') && !kinds.includes('zip')) return 'tfjs_layers';
  throw ServiceError.of('MODEL_FORMAT', first!.name, others.length === 0 ? 'is no model' : 'and what was sent with it are no model');
}

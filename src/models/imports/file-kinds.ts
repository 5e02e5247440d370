// What the files of a model that comes from elsewhere are, by their first bytes and their names, before they are read.
import { ServiceError } from '../../contract/errors.js';
import type { ModelFormat } from '../../contract/model.js';
import { startsAsZip } from '../../datasets/archive.js';
import { foreignFormat } from './foreign.js';
import { startsAsHdf5 } from './hdf5.js';

export type FileKind = 'hdf5' | 'zip' | 'json' | 'bytes';

export const kindOf = (start: Buffer): FileKind => {
  if (startsAsHdf5(start)) return 'hdf5';
  if (startsAsZip(start)) return 'zip';
  return /^(?:\ufeff)?\s*\{/.test(start.subarray(0, 64).toString('utf8')) ? 'json' : 'bytes';
};

/** The shards of a model hold numbers, which may begin like anything. */
const isShard = (name: string): boolean => /\.bin$|^group\d+-shard\d+of\d+/.test(name);

/** Why a file of that name that starts so is refused; undefined where it may be of a model. */
export function refuseForeign(name: string, start: Buffer): ServiceError | undefined {
  const foreign = foreignFormat(name, isShard(name) ? Buffer.alloc(0) : start);
  return foreign === undefined ? undefined : ServiceError.of('MODEL_FORMAT', name, `is ${foreign}`);
}

/** One archive or one HDF5 file stands alone; anything else must have a description. null while an archive has not been opened. @throws MODEL_FORMAT */
export function formatOfKinds([first, ...others]: readonly { name: string }[], kinds: readonly FileKind[]): ModelFormat | null {
  if (others.length === 0 && kinds[0] === 'zip') return null;
  if (others.length === 0 && kinds[0] === 'hdf5') return 'keras_h5';
  if (kinds.includes('json') && !kinds.includes('hdf5') && !kinds.includes('zip')) return 'tfjs_layers';
  throw ServiceError.of('MODEL_FORMAT', first!.name, others.length === 0 ? 'is no model' : 'and what was sent with it are no model');
}

// What the files of a model that comes from elsewhere are, by their first bytes and their names, before they are read.
import { ServiceError } from '../../contract/errors.js';
import type { ModelFormat } from '../../contract/model.js';
import { startsAsZip } from '../../datasets/archive.js';
import { foreignFormat } from './foreign.js';
import { startsAsHdf5 } from './hdf5.js';

/** Of JSON that shows at its beginning which kind of TensorFlow.js model it describes, that kind. */
export type FileKind = 'hdf5' | 'zip' | 'tfjs_layers' | 'tfjs_graph' | 'json' | 'bytes';

export const kindOf = (start: Buffer): FileKind => {
  if (startsAsHdf5(start)) return 'hdf5';
  if (startsAsZip(start)) return 'zip';
  const text = start.toString('utf8');
  if (!/^(?:\ufeff)?\s*\{/.test(text)) return 'bytes';
  return BEGINNINGS.find(({ begins }) => begins.test(text))?.kind ?? 'json';
};

/** As the converter writes a model.json, and as TensorFlow.js does, which puts the topology first. */
const BEGINNINGS: readonly { kind: FileKind; begins: RegExp }[] = [
  { kind: 'tfjs_layers', begins: /^(?:\ufeff)?\s*\{\s*(?:"format"\s*:\s*"layers-model"|"modelTopology"\s*:\s*\{\s*"(?:class_name|keras_version|model_config)")/ },
  { kind: 'tfjs_graph', begins: /^(?:\ufeff)?\s*\{\s*(?:"format"\s*:\s*"graph-model"|"modelTopology"\s*:\s*\{\s*"node")/ },
];

export const isJson = (kind: FileKind | undefined): boolean => kind === 'json' || kind === 'tfjs_layers' || kind === 'tfjs_graph';

/** The shards of a model hold numbers, which may begin like anything. */
const isShard = (name: string): boolean => /\.bin$|^group\d+-shard\d+of\d+/.test(name);

/** Why a file of that name that starts so is refused; undefined where it may be of a model. */
export function refuseForeign(name: string, start: Buffer): ServiceError | undefined {
  const foreign = foreignFormat(name, isShard(name) ? Buffer.alloc(0) : start);
  return foreign === undefined ? undefined : ServiceError.of('MODEL_FORMAT', name, `is ${foreign}`);
}

/**
 * One archive or one HDF5 file stands alone; anything else must have a description.
 * @returns null while that shows only in reading: of an archive, and of a description that does not begin with it
 * @throws MODEL_FORMAT
 */
export function formatOfKinds([first, ...others]: readonly { name: string }[], kinds: readonly FileKind[]): ModelFormat | null {
  if (others.length === 0 && kinds[0] === 'zip') return null;
  if (others.length === 0 && kinds[0] === 'hdf5') return 'keras_h5';
  if (kinds.some(isJson) && !kinds.includes('hdf5') && !kinds.includes('zip')) {
    return kinds.find((kind) => kind === 'tfjs_layers' || kind === 'tfjs_graph') ?? null;
  }
  throw ServiceError.of('MODEL_FORMAT', first!.name, others.length === 0 ? 'is no model' : 'and what was sent with it are no model');
}

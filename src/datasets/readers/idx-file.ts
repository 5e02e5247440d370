// One IDX file: its header checked against its length, then its values. Format: "THE IDX FILE FORMAT" at the foot of
// LeCun's MNIST page: 00 00, a type code, the number of dimensions, each dimension as big-endian uint32, then the values.
import { volume } from '../../contract/shape.js';
import { ServiceError } from '../../contract/errors.js';
import { contentOf, GzipDamage, headOf, inspectFile, type SourceFile } from '../source-file.js';

export interface IdxFile {
  readonly file: SourceFile;
  /** Number of examples first. Labels have one dimension, images three or four. */
  readonly dimensions: readonly number[];
  /** Where the values begin, in bytes of the unpacked content. */
  readonly headerBytes: number;
  /** How many values, of a byte each, the header announces. Up to 2^128, so not always exact. */
  readonly values: number;
  readonly gzip: boolean;
}

const UINT8 = 0x08;
const OTHER_TYPES: Readonly<Record<number, string>> = {
  0x09: 'int8', 0x0b: 'int16', 0x0c: 'int32', 0x0d: 'float32', 0x0e: 'float64',
};

const corrupt = (file: SourceFile, why: string): ServiceError => ServiceError.of('IDX_CORRUPT', file.name, why);

/**
 * Reads a file's header. A plain file's length is checked here; what gzip holds, only `verifyLength` can tell.
 * @throws IDX_CORRUPT
 */
export async function readIdxHeader(file: SourceFile): Promise<IdxFile> {
  const { gzip, sizeBytes } = await inspectFile(file.path);
  const { bytes, damage = 'it ends inside its header' } = await headOf(file);
  const type = bytes[2];
  const count = bytes[3];
  if (type === undefined || count === undefined) throw corrupt(file, damage);
  if (type !== UINT8) throw corrupt(file, `it holds ${sayType(type)}; values are read as uint8 (type 0x08)`);
  if (count !== 1 && count !== 3 && count !== 4) {
    throw corrupt(file, `it has ${count} dimensions; labels have 1, images 3 (examples, height, width) or 4 (with channels)`);
  }
  const headerBytes = 4 + 4 * count;
  if (bytes.length < headerBytes) throw corrupt(file, damage);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = Array.from({ length: count }, (_, at) => view.getUint32(4 + 4 * at));
  const idx = { file, dimensions, headerBytes, gzip, values: volume(dimensions) };
  if (!gzip) requireLength(idx, sizeBytes);
  return idx;
}

const sayType = (code: number): string => {
  const name = OTHER_TYPES[code];
  return name === undefined ? `an unknown type (0x${code.toString(16).padStart(2, '0')})` : `${name} (type 0x0${code.toString(16)})`;
};

/** @throws IDX_CORRUPT unless the content is as long as the header announces. */
function requireLength({ file, dimensions, headerBytes, values }: IdxFile, contentBytes: number): void {
  const announced = dimensions.length === 1 ? `${dimensions[0]} values` : `${dimensions.join(' × ')} values`;
  const found = contentBytes - headerBytes;
  if (found < values) throw corrupt(file, `its header announces ${announced}, but only ${found} follow`);
  if (found > values) throw corrupt(file, `its header announces ${announced}, but more data follow`);
}

/**
 * Unpacks a gzip file once without keeping anything, and stops where it holds more than its header announces: the work
 * is bounded by `values`, which the caller has checked against its limit.
 * @throws IDX_CORRUPT
 */
export async function verifyLength(idx: IdxFile): Promise<void> {
  if (!idx.gzip) return;
  let length = 0;
  for await (const chunk of unpacked(idx.file)) {
    length += chunk.length;
    if (length > idx.headerBytes + idx.values) break;
  }
  requireLength(idx, length);
}

/** Reads the values. Only after `verifyLength`: the memory is taken before reading. @throws IDX_CORRUPT */
export async function readValues(idx: IdxFile): Promise<Uint8Array> {
  const values = new Uint8Array(idx.values);
  let at = 0;
  for await (const some of valuesOf(idx)) {
    values.set(some, at);
    at += some.length;
  }
  return values;
}

/** The values as they are read, some at a time. @throws IDX_CORRUPT where there are more or fewer than the header announces */
export async function* valuesOf(idx: IdxFile): AsyncGenerator<Uint8Array> {
  let at = -idx.headerBytes;
  for await (const chunk of unpacked(idx.file)) {
    if (at + chunk.length > idx.values) requireLength(idx, idx.headerBytes + at + chunk.length);
    if (at + chunk.length > 0) yield chunk.subarray(Math.max(0, -at));
    at += chunk.length;
  }
  requireLength(idx, idx.headerBytes + at);
}

async function* unpacked(file: SourceFile): AsyncGenerator<Uint8Array> {
  try {
    yield* contentOf(file.path);
  } catch (cause) {
    throw cause instanceof GzipDamage ? corrupt(file, cause.message) : cause;
  }
}

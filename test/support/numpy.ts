// Small NumPy arrays and zip archives for tests, sound ones and others.
import { crc32, deflateRawSync } from 'node:zlib';
import { endOf } from '../../bench/ingest/zip-writer.mjs';
import type { NamedBytes } from './idx.js';

/** An array of these elements, already in bytes. @param version of the format */
export function npyBytes(descr: string, shape: readonly number[], data: Uint8Array, { fortran = false, version = 1 } = {}): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  return npyOf(`{'descr': ${descr.startsWith('[') ? descr : `'${descr}'`}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${sizes}), }`, data, version);
}

/** An array with this dictionary. */
export function npyOf(dictionary: string, data: Uint8Array, version = 1): Buffer {
  const prefix = version === 1 ? 10 : 12;
  const text = `${dictionary.padEnd(Math.ceil((dictionary.length + prefix + 1) / 64) * 64 - prefix - 1)}\n`;
  const head = Buffer.alloc(prefix);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, Buffer.from(text, 'latin1'), data]);
}

export const bytesOf = (values: NodeJS.ArrayBufferView): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
export const uint8Array = (shape: readonly number[], values: readonly number[]): Buffer => npyBytes('|u1', shape, Uint8Array.from(values));
export const float32Array = (shape: readonly number[], values: readonly number[]): Buffer => npyBytes('<f4', shape, bytesOf(Float32Array.from(values)));
export const int64Array = (shape: readonly number[], values: readonly number[]): Buffer => npyBytes('<i8', shape, bytesOf(BigInt64Array.from(values.map(BigInt))));

/** What an entry of an archive may pretend. */
export interface Entry extends NamedBytes {
  method?: 0 | 8 | 12;
  /** In its local header, where that is another than in the directory. */
  localName?: string;
  /** In its local header, likewise. */
  localSizeBytes?: number;
  /** As the directory announces it. */
  sizeBytes?: number;
  checksum?: number;
  /** Unix mode, 0o120777 for a link. */
  mode?: number;
  encrypted?: boolean;
  /** At the place of an earlier entry, by index. */
  at?: number;
}

/** A zip archive of these entries; APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16. */
export function zipOf(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  const places: number[] = [];
  let offset = 0;
  for (const { name, bytes, method = 0, localName = name, sizeBytes = bytes.length, checksum = crc32(bytes), mode = 0o100644, encrypted = false, at, localSizeBytes = sizeBytes } of entries) {
    const packed = method === 8 ? deflateRawSync(bytes) : Buffer.from(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(encrypted ? 1 : 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(checksum, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(sizeBytes, 18);
    const place = at === undefined ? offset : places[at]!;
    places.push(place);
    if (at === undefined) {
      common.writeUInt16LE(Buffer.byteLength(localName), 22);
      const local = Buffer.from(common);
      local.writeUInt32LE(localSizeBytes, 18);
      locals.push(Buffer.from('PK\x03\x04'), local, Buffer.from(localName), packed);
      offset += 4 + 26 + Buffer.byteLength(localName) + packed.length;
    }
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(place, 10);
    directory.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, rest, Buffer.from(name));
  }
  const listed = Buffer.concat(directory);
  return Buffer.concat([...locals, listed, endOf(entries.length, listed.length, offset)]);
}

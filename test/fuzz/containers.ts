// What lies inside gzip and zip, to be changed there: a checksum or a compressed stream lets hardly any change from outside through.
import { gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import { zipOf, type Entry } from '../support/numpy.js';

const MOST_BYTES = 2 ** 20;

export interface Container {
  readonly contents: readonly Uint8Array[];
  /** The container with other contents. */
  around(contents: readonly Uint8Array[]): Uint8Array;
}

/** Undefined for what is no sound container. */
export function containerIn(bytes: Uint8Array): Container | undefined {
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return { contents: [gunzipSync(bytes, { maxOutputLength: MOST_BYTES })], around: ([content]) => gzipSync(content!) };
    if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return undefined;
    const entries = entriesOf(Buffer.from(bytes));
    if (entries.length === 0) return undefined;
    return { contents: entries.map((entry) => entry.bytes), around: (contents) => zipOf(entries.map((entry, at) => ({ ...entry, bytes: contents[at]! }))) };
  } catch {
    return undefined;
  }
}

/** The entries of a zip archive by its directory, believing all of it. */
function entriesOf(zip: Buffer): Entry[] {
  const end = zip.lastIndexOf('PK\x05\x06');
  const entries: Entry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    const [method, packed, nameLength, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt32LE(at + 42)];
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(from, from + packed);
    entries.push({ name, bytes: method === 8 ? inflateRawSync(data, { maxOutputLength: MOST_BYTES }) : data, method: method === 8 ? 8 : 0 });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

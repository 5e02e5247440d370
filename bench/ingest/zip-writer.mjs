// Writes a zip of many files as they come, each stored as it is: what is held in memory is the directory alone.
// The format: APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';

/** @typedef {{ name: string, bytes: Uint8Array }} NamedFile */

const VERSION = 20;
const UNIX = 3;
const REGULAR_FILE = 0o100644;
/** More entries or bytes than these need zip64, whose end says them once more. */
const MOST_ENTRIES = 0xffff;
const MOST_BYTES = 0xffffffff;

/** @param {string} path @param {AsyncIterable<NamedFile> | Iterable<NamedFile>} files less than 4 GiB of them */
export async function writeZip(path, files) {
  await pipeline(Readable.from(piecesOf(files), { objectMode: false }), createWriteStream(path, { highWaterMark: 2 ** 20 }));
}

/** A small one, in memory. @param {Iterable<NamedFile>} files */
export async function zipOf(files) {
  const pieces = [];
  for await (const piece of piecesOf(files)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** @param {AsyncIterable<NamedFile> | Iterable<NamedFile>} files */
async function* piecesOf(files) {
  /** @type {Buffer[]} */
  const directory = [];
  let offset = 0;
  for await (const { name, bytes } of files) {
    const encoded = Buffer.from(name);
    const common = commonHeader(encoded, bytes);
    yield Buffer.concat([Buffer.from('PK\x03\x04'), common, encoded, bytes]);
    directory.push(entryOf(common, offset), encoded);
    offset += 4 + common.length + encoded.length + bytes.length;
    if (offset > MOST_BYTES) throw new RangeError(`a zip of ${offset} bytes needs zip64`);
  }
  const listed = Buffer.concat(directory);
  yield listed;
  yield endOf(directory.length / 2, listed.length, offset);
}

/** What a local header and an entry of the directory have in common. @param {Buffer} name @param {Uint8Array} bytes */
function commonHeader(name, bytes) {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(VERSION, 0);
  header.writeUInt32LE(crc32(bytes), 10);
  header.writeUInt32LE(bytes.length, 14);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}

/** @param {Buffer} common @param {number} offset */
function entryOf(common, offset) {
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE((REGULAR_FILE << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([VERSION, UNIX]), common, rest]);
}

/**
 * What follows the directory: how many entries it has, how long it is, and where it lies; with zip64 where there are many.
 * @param {number} entries @param {number} listedBytes @param {number} offset
 */
export function endOf(entries, listedBytes, offset) {
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(Math.min(entries, MOST_ENTRIES), 8);
  end.writeUInt16LE(Math.min(entries, MOST_ENTRIES), 10);
  end.writeUInt32LE(listedBytes, 12);
  end.writeUInt32LE(offset, 16);
  if (entries < MOST_ENTRIES) return end;
  const zip64 = Buffer.alloc(56 + 20);
  zip64.write('PK\x06\x06');
  zip64.writeBigUInt64LE(44n, 4);
  zip64.writeBigUInt64LE(BigInt(entries), 24);
  zip64.writeBigUInt64LE(BigInt(entries), 32);
  zip64.writeBigUInt64LE(BigInt(listedBytes), 40);
  zip64.writeBigUInt64LE(BigInt(offset), 48);
  zip64.write('PK\x06\x07', 56);
  zip64.writeBigUInt64LE(BigInt(offset + listedBytes), 64);
  zip64.writeUInt32LE(1, 72);
  return Buffer.concat([zip64, end]);
}

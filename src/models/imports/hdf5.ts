// HDF5 files as Keras writes them, from memory (HDF Group, "HDF5 File Format Specification Version 3.0"): superblock 0 to 3, object headers
// 1 and 2, groups of symbol tables and of links, attributes of text, arrays of numbers that lie in one piece, in the header, or in chunks.
// Every offset is checked against the file, every walk has an end, and what leads out of the file is refused.
import { ServiceError } from '../../contract/errors.js';
import { chunkedBytes } from './hdf5-chunks.js';
import { Hdf5Bytes, UNDEFINED } from './hdf5-bytes.js';
import { readStored, storedBytes, type StoredType } from './stored-type.js';
import type { StoredWeight } from './source.js';

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
export const startsAsHdf5 = (start: Uint8Array): boolean => SIGNATURE.equals(start.subarray(0, SIGNATURE.length));

/** Kinds of messages in an object's header. */
const MESSAGE = { dataspace: 1, linkInfo: 2, datatype: 3, link: 6, externalFiles: 7, layout: 8, filters: 11, attribute: 12, continuation: 16, symbolTable: 17 } as const;

interface Message {
  type: number;
  at: number;
  size: number;
}

/** A group or an array of a file. */
export class Hdf5Object {
  private links: Map<string, number> | undefined;
  private readonly children = new Map<string, Hdf5Object>();

  private constructor(
    private readonly bytes: Hdf5Bytes,
    private readonly messages: readonly Message[],
    private readonly path: string,
  ) {}

  /** The root of a file. @throws MODEL_CORRUPT; LAYER_NOT_ALLOWED for links to other files */
  static open(name: string, content: Buffer): Hdf5Object {
    const bytes: Hdf5Bytes = new Hdf5Bytes(name, content);
    if (!startsAsHdf5(content)) throw bytes.corrupt('it does not begin as HDF5 does');
    const version = bytes.u8(8);
    // 0 and 1 end in the symbol table entry of the root; 2 and 3 in the address of its header.
    if (version === 0 || version === 1) {
      bytes.require(bytes.u8(13) === 8 && bytes.u8(14) === 8, 'its addresses are not of 8 bytes');
      return Hdf5Object.at(bytes, bytes.address((version === 0 ? 24 : 28) + 32 + 8), '');
    }
    bytes.require((version === 2 || version === 3) && bytes.u8(9) === 8 && bytes.u8(10) === 8, `its superblock is of version ${version}`);
    return Hdf5Object.at(bytes, bytes.address(12 + 24), '');
  }

  private static at(bytes: Hdf5Bytes, address: number, path: string): Hdf5Object {
    return new Hdf5Object(bytes, messagesAt(bytes, address), path);
  }

  /** The object of that name in this group. */
  child(name: string): Hdf5Object | undefined {
    const address = this.linked().get(name);
    if (address === undefined) return undefined;
    const known = this.children.get(name) ?? Hdf5Object.at(this.bytes, address, `${this.path}/${name}`);
    this.children.set(name, known);
    return known;
  }

  /** The object at a path of names below this group. */
  at(path: string): Hdf5Object | undefined {
    return path.split('/').reduce<Hdf5Object | undefined>((object, name) => object?.child(name), this);
  }

  get names(): readonly string[] {
    return [...this.linked().keys()];
  }

  get isArray(): boolean {
    return this.message(MESSAGE.dataspace) !== undefined;
  }

  /** Paths of all arrays below, as deep as a network may nest. */
  arrays(deepest = 40): string[] {
    return this.names.flatMap((name) => {
      const child = this.child(name)!;
      if (child.isArray) return [name];
      if (deepest === 0) throw this.bytes.corrupt(`its groups lie too deep at "${this.path.slice(0, 128)}"`);
      return child.arrays(deepest - 1).map((below) => `${name}/${below}`);
    });
  }

  /** An attribute that is one text. */
  text(name: string): string | undefined {
    for (const { type, at } of this.messages) {
      if (type !== MESSAGE.attribute) continue;
      const attribute = readAttribute(this.bytes, at, name);
      if (attribute !== undefined) return attribute;
    }
    return undefined;
  }

  /** This array as a weight. @throws MODEL_CORRUPT, and MODEL_NOT_SUPPORTED for what is no number of a known kind */
  stored(): StoredWeight {
    const path = this.path;
    const bytes: Hdf5Bytes = this.bytes;
    const space = this.message(MESSAGE.dataspace);
    if (!space) throw bytes.corrupt(`"${path.slice(0, 128)}" is no array`);
    if (this.message(MESSAGE.externalFiles)) throw leadsOut(path);
    const shape = readShape(bytes, space.at);
    const type = readNumberType(bytes, this.required(MESSAGE.datatype).at, path);
    const size = shape.reduce((product, each) => product * each, storedBytes(type));
    bytes.require(Number.isSafeInteger(size), `the array "${path.slice(0, 128)}" is too large`);
    return { shape, values: () => readStored(this.content(shape, size, storedBytes(type)), type) };
  }

  private content(shape: readonly number[], size: number, itemBytes: number): Buffer {
    const path = this.path;
    const bytes: Hdf5Bytes = this.bytes;
    const { at } = this.required(MESSAGE.layout);
    const version = bytes.u8(at);
    bytes.require(version === 3, `the array "${path.slice(0, 128)}" is laid out in version ${version}`);
    switch (bytes.u8(at + 1)) {
      case 0:
        bytes.require(bytes.u16(at + 2) === size, `the array "${path.slice(0, 128)}" is not of its own size`);
        return bytes.slice(at + 4, size);
      case 1:
        if (bytes.u64(at + 2) === UNDEFINED) return Buffer.alloc(bytes.within(size)); // never written: zeros
        bytes.require(bytes.length(at + 10) === size, `the array "${path.slice(0, 128)}" is not of its own size`);
        return bytes.slice(bytes.address(at + 2), size);
      case 2:
        return chunkedBytes(bytes, { layoutAt: at, filtersAt: this.message(MESSAGE.filters)?.at, shape, size, itemBytes });
      default:
        throw bytes.corrupt(`the array "${path.slice(0, 128)}" is laid out in a way that is not known`);
    }
  }

  private message(type: number): Message | undefined {
    return this.messages.find((message) => message.type === type);
  }

  private required(type: number): Message {
    const found = this.message(type);
    if (!found) throw this.bytes.corrupt(`"${this.path.slice(0, 128)}" lacks a part of its header`);
    return found;
  }

  private linked(): Map<string, number> {
    if (this.links) return this.links;
    const links = new Map<string, number>();
    for (const { type, at } of this.messages) {
      if (type === MESSAGE.symbolTable) readSymbols(this.bytes, this.bytes.address(at), this.bytes.address(at + 8), this.path, links);
      if (type === MESSAGE.link) readLink(this.bytes, at, this.path, links);
      if (type === MESSAGE.linkInfo) this.requireCompact(at);
    }
    this.links = links;
    return links;
  }

  /** Names of a new-style group may lie in a heap of their own, which neither Keras nor h5py writes unless it is asked to. */
  private requireCompact(at: number): void {
    const flags = this.bytes.u8(at + 1);
    const heap = at + 2 + (flags & 1 ? 8 : 0);
    if (this.bytes.u64(heap) !== UNDEFINED) throw ServiceError.of('MODEL_NOT_SUPPORTED', `the group "${this.path.slice(0, 128)}" keeps its names in a heap (write it with h5py's usual settings)`);
  }
}

const leadsOut = (path: string): ServiceError => ServiceError.of('LAYER_NOT_ALLOWED', path.slice(0, 128), 'a link out of its own place');

/** The messages of an object's header, those in its continuations too. */
function messagesAt(bytes: Hdf5Bytes, address: number): Message[] {
  const isNew = bytes.slice(address, 4).toString('latin1') === 'OHDR';
  const blocks = [isNew ? newHeader(bytes, address) : { at: address + 16, end: address + 16 + bytes.u32(address + 8) }];
  // In version 2 the order of creation may stand before each message.
  const headBytes = isNew ? 4 + (bytes.u8(address + 5) & 4 ? 2 : 0) : 8;
  const messages: Message[] = [];
  const seen = new Set<number>();
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    if (seen.has(block.at)) continue;
    seen.add(block.at);
    for (let at = block.at; at + headBytes <= block.end; ) {
      const type = isNew ? bytes.u8(at) : bytes.u16(at);
      const size = bytes.u16(at + (isNew ? 1 : 2));
      const flags = bytes.u8(at + (isNew ? 3 : 4));
      at += headBytes;
      // Shared messages lie elsewhere: nothing that is read of a model is.
      bytes.require((flags & 2) === 0 || ![MESSAGE.dataspace, MESSAGE.datatype, MESSAGE.layout].includes(type as 1), 'it shares parts of its headers');
      if (type === MESSAGE.continuation) {
        const next = bytes.address(at);
        const end = next + bytes.length(at + 8);
        blocks.push(isNew ? { at: next + 4, end: end - 4 } : { at: next, end });
      } else {
        messages.push({ type, at, size });
      }
      bytes.step();
      at += size;
    }
  }
  return messages;
}

function newHeader(bytes: Hdf5Bytes, address: number): { at: number; end: number } {
  const flags = bytes.u8(address + 5);
  const at = address + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  const size = sizeBytes === 8 ? bytes.length(at) : sizeBytes === 4 ? bytes.u32(at) : sizeBytes === 2 ? bytes.u16(at) : bytes.u8(at);
  return { at: at + sizeBytes, end: at + sizeBytes + size };
}

/** The names of an old-style group: a B-tree of symbol nodes, whose names lie in a heap. */
function readSymbols(bytes: Hdf5Bytes, tree: number, heap: number, path: string, links: Map<string, number>): void {
  bytes.require(bytes.slice(heap, 4).toString('latin1') === 'HEAP', 'a group has no heap of names');
  const names = bytes.address(heap + 24);
  const pending = [tree];
  const seen = new Set<number>();
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    bytes.step();
    const kind = bytes.slice(at, 4).toString('latin1');
    if (kind === 'TREE') {
      bytes.require(bytes.u8(at + 4) === 0, 'a group has a tree of another kind');
      for (let child = 0; child < bytes.u16(at + 6); child += 1) pending.push(bytes.address(at + 24 + 8 + child * 16));
      continue;
    }
    bytes.require(kind === 'SNOD', 'a group has a node of another kind');
    for (let entry = 0; entry < bytes.u16(at + 6); entry += 1) {
      bytes.step();
      const symbol = at + 8 + entry * 40;
      const name = bytes.textTo0(names + bytes.length(symbol));
      if (bytes.u32(symbol + 16) === 2) throw leadsOut(`${path}/${name}`);
      links.set(name, bytes.address(symbol + 8));
    }
  }
}

/** A link message of a new-style group. @throws LAYER_NOT_ALLOWED for soft and external links */
function readLink(bytes: Hdf5Bytes, at: number, path: string, links: Map<string, number>): void {
  const flags = bytes.u8(at + 1);
  let next = at + 2;
  const isHard = (flags & 8) === 0 || bytes.u8(next) === 0;
  next += (flags & 8 ? 1 : 0) + (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0);
  const sizeBytes = 1 << (flags & 3);
  const size = sizeBytes === 1 ? bytes.u8(next) : sizeBytes === 2 ? bytes.u16(next) : bytes.u32(next);
  const name = bytes.slice(next + sizeBytes, size).toString('utf8');
  if (!isHard) throw leadsOut(`${path}/${name}`);
  links.set(name, bytes.address(next + sizeBytes + size));
}

function readShape(bytes: Hdf5Bytes, at: number): number[] {
  const version = bytes.u8(at);
  bytes.require(version === 1 || version === 2, `a shape is of version ${version}`);
  return Array.from({ length: bytes.u8(at + 1) }, (_, axis) => bytes.length(at + (version === 1 ? 8 : 4) + axis * 8));
}

const FIXED_POINT = 0;
const FLOATING_POINT = 1;
const TEXT = 3;
const VARIABLE_LENGTH = 9;

function readNumberType(bytes: Hdf5Bytes, at: number, path: string): StoredType {
  const [kind, size, isBigEndian] = [bytes.u8(at) & 15, bytes.u32(at + 4), (bytes.u8(at + 1) & 1) === 1];
  if (!isBigEndian && kind === FLOATING_POINT && size === 4) return { dtype: 'float32' };
  if (!isBigEndian && kind === FLOATING_POINT && size === 2) return { dtype: 'float16' };
  if (!isBigEndian && kind === FLOATING_POINT && size === 8) return { dtype: 'float64' };
  if (!isBigEndian && kind === FIXED_POINT && size === 4) return { dtype: 'int32' };
  if (!isBigEndian && kind === FIXED_POINT && size === 8) return { dtype: 'int64' };
  throw ServiceError.of('MODEL_NOT_SUPPORTED', `the array "${path.slice(0, 128)}" does not hold numbers of 2, 4 or 8 bytes`);
}

/** The text of an attribute, where it has that name and is one text. */
function readAttribute(bytes: Hdf5Bytes, at: number, wanted: string): string | undefined {
  const version = bytes.u8(at);
  bytes.require(version >= 1 && version <= 3, `an attribute is of version ${version}`);
  const padded = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const [nameSize, typeSize, spaceSize] = [bytes.u16(at + 2), bytes.u16(at + 4), bytes.u16(at + 6)];
  const nameAt = at + (version === 3 ? 9 : 8);
  if (bytes.slice(nameAt, nameSize).toString('utf8').replace(/\0+$/, '') !== wanted) return undefined;
  const typeAt = nameAt + padded(nameSize);
  const spaceAt = typeAt + padded(typeSize);
  const valueAt = spaceAt + padded(spaceSize);
  if (readShape(bytes, spaceAt).some((size) => size !== 1)) return undefined;
  const [kind, size] = [bytes.u8(typeAt) & 15, bytes.u32(typeAt + 4)];
  if (kind === TEXT) return bytes.slice(valueAt, size).toString('utf8').replace(/\0+$/, '');
  if (kind === VARIABLE_LENGTH) return bytes.heapObject(bytes.address(valueAt + 4), bytes.u32(valueAt + 12)).subarray(0, bytes.u32(valueAt)).toString('utf8');
  return undefined;
}

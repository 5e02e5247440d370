// One array in NumPy's format: its header, and its elements as numbers or texts. Format: NumPy Enhancement Proposal 1 and numpy/lib/format.py.
// The header is a Python dictionary as text; it is read by pattern, and pickled objects are refused.
import { volume } from '../../contract/shape.js';
import { ServiceError } from '../../contract/errors.js';
import type { RowValues } from '../rows.js';
import { wholeRows } from '../whole-rows.js';

/** An array where it lies: a file, or an entry of an archive. */
export interface ArrayFile {
  /** As the caller knows it. */
  readonly name: string;
  /** Its bytes from the beginning, each time it is called. */
  readonly content: () => AsyncIterable<Uint8Array>;
}

export interface NpyArray {
  readonly file: ArrayFile;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly headerBytes: number;
}

interface ElementType {
  /** As NumPy writes it, such as "<f4". */
  readonly descr: string;
  readonly kind: string;
  readonly bytes: number;
  readonly bigEndian: boolean;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const LONGEST_HEADER_BYTES = 65_536;
const MOST_DIMENSIONS = 8;

export const startsAsNpy = (start: Uint8Array): boolean => Buffer.from(start.subarray(0, MAGIC.length)).equals(MAGIC);

const corrupt = (file: ArrayFile, why: string): ServiceError => ServiceError.of('NPY_CORRUPT', file.name, why);

/** @throws NPY_CORRUPT, PICKLE_REFUSED */
export async function readNpyHeader(file: ArrayFile): Promise<NpyArray> {
  let bytes = Buffer.alloc(0);
  let headerBytes = MAGIC.length + 2;
  for await (const chunk of file.content()) {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= 12) headerBytes = lengthOfHeader(file, bytes);
    if (bytes.length >= 12 && bytes.length >= headerBytes) break;
  }
  if (bytes.length < Math.max(12, headerBytes)) throw corrupt(file, 'it ends inside its header');
  const text = bytes.toString(bytes[6] === 3 ? 'utf8' : 'latin1', bytes[6] === 1 ? 10 : 12, headerBytes);
  return { file, headerBytes, ...dictionaryOf(file, text) };
}

/** Version 1 has two bytes for the length of the dictionary, 2 and 3 have four. */
function lengthOfHeader(file: ArrayFile, bytes: Buffer): number {
  if (!startsAsNpy(bytes)) throw corrupt(file, 'it does not begin as one');
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw corrupt(file, `it has version ${version} of the format; 1 to 3 are read`);
  const length = version === 1 ? 10 + bytes.readUInt16LE(8) : 12 + bytes.readUInt32LE(8);
  if (length > LONGEST_HEADER_BYTES) throw corrupt(file, `its header has ${length} bytes; at most ${LONGEST_HEADER_BYTES} are read`);
  return length;
}

function dictionaryOf(file: ArrayFile, text: string): { type: ElementType; shape: number[] } {
  const [, descr] = /'descr':\s*'([^']*)'/.exec(text) ?? [];
  const [, fortran] = /'fortran_order':\s*(True|False)/.exec(text) ?? [];
  const [, sizes] = /'shape':\s*\(([\d,\s]*)\)/.exec(text) ?? [];
  if (/'descr':\s*\[/.test(text)) throw corrupt(file, 'its elements are records; one number or text for each is read');
  if (descr === undefined || fortran === undefined || sizes === undefined) throw corrupt(file, 'its header cannot be read');
  if (/^[|<>=]?O/.test(descr)) throw ServiceError.of('PICKLE_REFUSED', file.name);
  const shape = sizes.split(',').map((size) => size.trim()).filter((size) => size !== '').map(Number);
  if (shape.length > MOST_DIMENSIONS) throw corrupt(file, `it has ${shape.length} dimensions`);
  if (fortran === 'True' && shape.filter((size) => size > 1).length > 1) {
    throw corrupt(file, 'it is in Fortran order; save numpy.ascontiguousarray(array)');
  }
  return { type: typeOf(file, descr), shape };
}

/** Sizes in bytes of the kinds of numbers: bool, signed, unsigned, float. */
const NUMBERS: Readonly<Record<string, readonly number[]>> = { b: [1], i: [1, 2, 4, 8], u: [1, 2, 4, 8], f: [2, 4, 8] };
const LONGEST_TEXT = 1_024;

function typeOf(file: ArrayFile, descr: string): ElementType {
  const [, order, kind, size] = /^([|<>=])([a-zA-Z])(\d{1,6})$/.exec(descr) ?? [];
  const count = Number(size);
  const isText = (kind === 'U' || kind === 'S') && count > 0 && count <= LONGEST_TEXT;
  if (kind === undefined || !(isText || NUMBERS[kind]?.includes(count))) throw corrupt(file, `its elements are "${descr}", which is not read`);
  return { descr, kind, bytes: kind === 'U' ? 4 * count : count, bigEndian: order === '>' };
}

export const isText = ({ type: { kind } }: NpyArray): boolean => kind === 'U' || kind === 'S';
export const isFloat = ({ type: { kind } }: NpyArray): boolean => kind === 'f';
export const isUint8 = ({ type: { kind, bytes } }: NpyArray): boolean => kind === 'u' && bytes === 1;

/** The bytes that the elements of all dimensions from this one on take. */
const bytesFrom = ({ shape, type }: NpyArray, dimension: number): number => volume(shape.slice(dimension)) * type.bytes;
export const sizeInBytes = (array: NpyArray): number => bytesFrom(array, 0);

/**
 * The numbers of an array, some whole examples (its first dimension) at a time: uint8 as they are, all others as float32.
 * @throws NPY_CORRUPT where there are more or fewer than the header announces, VALUE_NOT_FINITE
 */
export async function* rowsOf(array: NpyArray): AsyncGenerator<RowValues> {
  const width = volume(array.shape.slice(1));
  let rows = 0;
  for await (const bytes of wholeRows(elementsOf(array), bytesFrom(array, 1))) {
    const values = isUint8(array) ? bytes : numbersOf(array.type, bytes, new Float32Array(bytes.length / array.type.bytes));
    const wrong = values instanceof Float32Array ? values.findIndex((value) => !Number.isFinite(value)) : -1;
    if (wrong >= 0) throw ServiceError.of('VALUE_NOT_FINITE', array.file.name, rows + Math.floor(wrong / width));
    rows += values.length / width;
    yield values;
  }
}

/** All numbers of an array, as they are. */
export async function numbersIn(array: NpyArray): Promise<Float64Array> {
  return numbersOf(array.type, await wholeOf(array), new Float64Array(volume(array.shape)));
}

/** All texts of an array: of `U` the code points, of `S` UTF-8; zeros at the end are filling. */
export async function textsIn(array: NpyArray): Promise<string[]> {
  const { kind, bytes: width, bigEndian } = array.type;
  const bytes = await wholeOf(array);
  return Array.from({ length: bytes.length / width }, (_, at) => {
    const element = bytes.subarray(at * width, (at + 1) * width);
    if (kind === 'S') return element.toString('utf8').replace(/\0+$/, '');
    const points = Array.from({ length: width / 4 }, (__, place) => (bigEndian ? element.readUInt32BE(4 * place) : element.readUInt32LE(4 * place)));
    const end = points.findLastIndex((point) => point !== 0) + 1;
    if (points.some((point) => point > 0x10ffff)) throw corrupt(array.file, `element ${at} is no text`);
    return String.fromCodePoint(...points.slice(0, end));
  });
}

async function wholeOf(array: NpyArray): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of elementsOf(array)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The bytes behind the header, exactly as many as it announces. */
async function* elementsOf(array: NpyArray): AsyncGenerator<Uint8Array> {
  const { file, shape, headerBytes } = array;
  const announced = sizeInBytes(array);
  let at = -headerBytes;
  for await (const chunk of file.content()) {
    if (at + chunk.length > announced) throw corrupt(file, `its header announces (${shape.join(', ')}), but more data follow`);
    if (at + chunk.length > 0) yield chunk.subarray(Math.max(0, -at));
    at += chunk.length;
  }
  if (at < announced) throw corrupt(file, `its header announces (${shape.join(', ')}), but the data end early`);
}

function numbersOf<T extends Float32Array | Float64Array>({ kind, bytes: width, bigEndian }: ElementType, bytes: Uint8Array, numbers: T): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READS[`${kind}${width}`]!;
  for (let at = 0; at < numbers.length; at += 1) numbers[at] = read(view, at * width, !bigEndian);
  return numbers;
}

type Read = (view: DataView, at: number, littleEndian: boolean) => number;
const READS: Readonly<Record<string, Read>> = {
  b1: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f2: (view, at, little) => halfPrecision(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
function halfPrecision(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

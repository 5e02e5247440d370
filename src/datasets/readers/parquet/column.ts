// One column of a row group, page after page. The library decodes a page; what the page announces is held here to what there can be, since the library takes memory and time for as much as it says.
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress as unpackZstandard } from 'fzstd';
import type { Compressors, DecodedArray } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert } from 'hyparquet/src/convert.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel } from 'hyparquet/src/schema.js';
import { requireRuns } from './runs.js';

export type ColumnDecoder = Parameters<typeof readPage>[2];
type PageHeader = ReturnType<typeof parquetHeader>;
type PageReader = Parameters<typeof parquetHeader>[0];

const LARGEST_PAGE_BYTES = 2 ** 28;

export const COMPRESSORS: Compressors = {
  GZIP: (packed, length) => gunzipSync(packed, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (packed, length) => unpackZstandard(packed, new Uint8Array(length)),
};

/** The values of a column, some after some; a value that is missing is null or undefined. @throws Error where it does not hold as many as there are rows */
export function decodeColumn(chunk: ArrayBuffer, decoder: ColumnDecoder, rows: number): DecodedArray[] {
  const reader: PageReader = { view: new DataView(chunk), offset: 0 };
  const values: DecodedArray[] = [];
  let dictionary: DecodedArray | undefined;
  for (let count = 0; count < rows; ) {
    const page = nextPage(reader, decoder);
    if (page.values > rows - count && !page.isDictionary) throw new RangeError('a page announces more values than its row group has rows');
    requirePageRuns(page, decoder);
    const view = new DataView(page.bytes.buffer, page.bytes.byteOffset, page.bytes.byteLength);
    const { data } = readPage({ view, offset: 0 }, page.header, { ...decoder, codec: 'UNCOMPRESSED' }, dictionary, undefined, 0);
    if (data === undefined || data.length !== page.values) throw new RangeError(`a page announces ${page.values} values and holds ${data?.length ?? 0}`);
    if (page.isDictionary) {
      dictionary = convert(data, decoder);
    } else {
      values.push(data);
      count += data.length;
    }
  }
  return values;
}

interface Page {
  /** Of the page as it is once unpacked. */
  readonly header: PageHeader;
  readonly bytes: Uint8Array;
  readonly values: number;
  readonly isDictionary: boolean;
}

/** The page that lies here, unpacked. */
function nextPage(reader: PageReader, decoder: ColumnDecoder): Page {
  const header = parquetHeader(reader);
  const { compressed_page_size: packedBytes, uncompressed_page_size: bytes, data_page_header_v2: second } = header;
  requireWithin('bytes', packedBytes, reader.view.byteLength - reader.offset);
  requireWithin('bytes', bytes, LARGEST_PAGE_BYTES);
  const packed = new Uint8Array(reader.view.buffer, reader.view.byteOffset + reader.offset, packedBytes);
  reader.offset += packedBytes;
  if (header.type === 'DATA_PAGE_V2' && second) {
    // Levels are never packed.
    const levels = second.repetition_levels_byte_length + second.definition_levels_byte_length;
    requireWithin('bytes', second.repetition_levels_byte_length, levels);
    requireWithin('bytes', levels, Math.min(packedBytes, bytes));
    requireWithin('values', second.num_nulls, second.num_values);
    const rest = second.is_compressed === false ? packed.subarray(levels) : unpack(packed.subarray(levels), bytes - levels, decoder);
    return page(header, Buffer.concat([packed.subarray(0, levels), rest]), second.num_values);
  }
  const announced = header.type === 'DICTIONARY_PAGE' ? header.dictionary_page_header : header.data_page_header;
  if (announced === undefined) throw new Error(`it has a page of the type ${header.type}, which is not read`);
  return page(header, unpack(packed, bytes, decoder), announced.num_values);
}

function page(header: PageHeader, bytes: Uint8Array, values: number): Page {
  const isDictionary = header.type === 'DICTIONARY_PAGE';
  // A value of a dictionary takes a byte at least.
  requireWithin('values', values, isDictionary ? bytes.length : Number.MAX_SAFE_INTEGER);
  const second = header.data_page_header_v2 && { ...header.data_page_header_v2, is_compressed: false };
  return { header: { ...header, compressed_page_size: bytes.length, uncompressed_page_size: bytes.length, ...(second && { data_page_header_v2: second }) }, bytes, values, isDictionary };
}

const unpack = (packed: Uint8Array, bytes: number, { codec }: ColumnDecoder): Uint8Array => (bytes === 0 ? new Uint8Array() : decompressPage(packed, bytes, codec, COMPRESSORS));

function requireWithin(what: string, count: number, most: number): void {
  if (!(count >= 0 && count <= most)) throw new RangeError(`a page announces ${count} ${what}`);
}

/** Definition levels and values that are kept in runs. */
function requirePageRuns({ header, bytes, values }: Page, { type, schemaPath }: ColumnDecoder): void {
  const { data_page_header: first, data_page_header_v2: second } = header;
  const announced = header.type === 'DATA_PAGE' ? first : header.type === 'DATA_PAGE_V2' ? second : undefined;
  if (announced === undefined) return;
  const hasLevels = getMaxDefinitionLevel(schemaPath) > 0;
  let [from, present] = [0, values];
  if (announced === second) {
    from = second.repetition_levels_byte_length + second.definition_levels_byte_length;
    if (hasLevels) requireRuns({ bytes: bytes.subarray(0, from), from: second.repetition_levels_byte_length, bits: 1, count: values });
    present -= second.num_nulls;
  } else if (hasLevels) {
    const to = 4 + uint32(bytes, 0);
    present = requireRuns({ bytes: bytes.subarray(0, to), from: 4, bits: 1, count: values });
    from = to;
  }
  if (announced.encoding === 'RLE') requireRuns({ bytes, from: from + 4, bits: 1, count: present });
  // A width of none is all there is of a page whose values are all the first.
  else if (/_DICTIONARY$/.test(announced.encoding) && type !== 'BOOLEAN') requireRuns({ bytes, from: from + 1, bits: bytes[from] ?? 0, count: announced === first && bytes[from] === 0 ? 0 : present });
}

function uint32(bytes: Uint8Array, from: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(from, true);
}

// Tables as text with separators (RFC 4180, and what spreadsheets make of it): comma, semicolon, tab or bar, told by the first line.
import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { ServiceError } from '../../contract/errors.js';
import type { SourceFile } from '../source-file.js';
import { numberIn } from '../tables/cell.js';
import { readTables } from '../tables/read-tables.js';
import { corrupt, requireColumns, ROWS_AT_A_TIME, type Table, type TableRow } from '../tables/table.js';
import { decoded, LONGEST_LINE, linesIn, startsAsText, textOf, textPieces } from '../tables/text.js';
import type { Reader } from './reader.js';

const SEPARATORS = [',', ';', '\t', '|'] as const;

export const csv: Reader = {
  name: 'csv',

  recognises: (heads) => heads.every((head) => startsAsText(head) && !/^\s*[{[<]/.test(textOf(head)) && /[,;\t|]/.test(textOf(head))),

  async read(files, options) {
    const tables: Table[] = [];
    for (const file of files) tables.push(await openCsv(file, options.maxBytes));
    return readTables(tables, options);
  },
};

const openCsv = async (file: SourceFile, maxBytes: number): Promise<Table> => ({ file, ...(await tableIn({ file, pieces: () => textPieces(file, maxBytes) }, 2)) });

/** Rows that are in memory, to be predicted of: one column is enough. @throws TABLE_CORRUPT, TABLE_COLUMNS, TABLE_EMPTY */
export const csvOf = (name: string, bytes: Uint8Array): Promise<Omit<Table, 'file'>> => tableIn({ file: { name }, pieces: () => decoded({ name }, [bytes]) }, 1);

/** A text that can be read again, and whose it is. */
interface Text {
  readonly file: Pick<SourceFile, 'name'>;
  readonly pieces: () => AsyncIterable<string>;
}

/** @param leastColumns so many columns there must be @throws TABLE_CORRUPT, TABLE_COLUMNS, TABLE_EMPTY */
async function tableIn(text: Text, leastColumns: 1 | 2): Promise<Omit<Table, 'file'>> {
  const { file } = text;
  const separator = await separatorOf(text);
  const [first] = await firstOf(recordsOf(text, separator));
  if (!first) throw ServiceError.of('TABLE_EMPTY', `"${file.name}"`, 'it has no rows');
  // Numbers alone name nothing: such a file begins with its first row.
  const headless = first.cells.every((cell) => numberIn(String(cell)) !== undefined);
  const columns = requireColumns(file, first.cells.map((cell, at) => (headless || String(cell).trim() === '' ? `column ${at + 1}` : String(cell).trim())), leastColumns);
  return {
    columns,
    async *rows(tell) {
      let isFirst = !headless;
      for await (const records of recordsOf(text, separator)) {
        const rows = isFirst ? records.slice(1) : records;
        isFirst = false;
        yield rows.filter(({ line, cells }) => {
          if (cells.length === columns.length) return true;
          tell({ line, field: null, code: 'FIELD_COUNT', detail: `has ${cells.length} fields, not ${columns.length}` });
          return false;
        });
      }
    },
  };
}

async function firstOf<T>(some: AsyncIterable<T[]>): Promise<T[]> {
  for await (const items of some) return items;
  return [];
}

/** The separator that the first line has most of, outside of quotes. */
async function separatorOf({ file, pieces }: Text): Promise<string> {
  for await (const line of linesIn(pieces())) {
    if (line === null) throw tooLong(file, 1);
    if (line.trim() === '') continue;
    const bare = line.replaceAll(/"[^"]*"/g, '');
    const counts = SEPARATORS.map((separator) => bare.split(separator).length);
    return SEPARATORS[counts.indexOf(Math.max(...counts))]!;
  }
  return ',';
}

const tooLong = (file: Text['file'], line: number): ServiceError => corrupt(file, `line ${line} is longer than ${LONGEST_LINE} bytes`);

async function* recordsOf(text: Text, separator: string): AsyncGenerator<TableRow[]> {
  const parser = parse({
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_LINE,
    on_record: (cells: string[], { lines }: { lines: number }) => ({ line: lines, cells }) as never,
  });
  // A failure shows up where the parser is read, below.
  pipeline(Readable.from(boundedLines(text), { objectMode: false }), parser, () => undefined);
  let rows: TableRow[] = [];
  try {
    for await (const row of parser as AsyncIterable<TableRow>) {
      rows.push(row);
      if (rows.length < ROWS_AT_A_TIME) continue;
      yield rows;
      rows = [];
    }
  } catch (problem) {
    throw isCsvError(problem) ? corrupt(text.file, sayCsv(problem)) : problem;
  }
  if (rows.length > 0) yield rows;
}

/** The text, ended where a line is too long: the parser would gather its fields first. */
async function* boundedLines({ file, pieces }: Text): AsyncGenerator<string> {
  let [line, length] = [1, 0];
  for await (const piece of pieces()) {
    let from = 0;
    for (let end = nextEnd(piece, 0); end >= 0; end = nextEnd(piece, from)) {
      if (length + end - from > LONGEST_LINE) throw tooLong(file, line);
      [line, length, from] = [line + 1, 0, end + 1];
    }
    length += piece.length - from;
    if (length > LONGEST_LINE) throw tooLong(file, line);
    // An empty piece would end the stream.
    if (piece !== '') yield piece;
  }
}

function nextEnd(piece: string, from: number): number {
  const end = piece.indexOf('\n', from);
  return end >= 0 ? end : piece.indexOf('\r', from);
}

interface CsvFailure {
  readonly code: string;
  readonly message: string;
  readonly lines?: number;
}

const isCsvError = (problem: unknown): problem is CsvFailure => /^(CSV_|INVALID_OPENING_QUOTE)/.test(String((problem as Partial<CsvFailure>).code));

function sayCsv({ code, message, lines }: CsvFailure): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return `a quote that is open in line ${lines ?? '?'}, where the file ends, is not closed`;
  if (code === 'CSV_MAX_RECORD_SIZE') return `the row that goes on in line ${lines ?? '?'} is longer than ${LONGEST_LINE} bytes; is a quote not closed?`;
  return message.slice(0, 200);
}

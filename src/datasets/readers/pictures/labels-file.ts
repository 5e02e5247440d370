// The file that gives pictures their labels: CSV with a line of names first, or one JSON object a line.
import { parse } from 'csv-parse/sync';
import { ServiceError } from '../../../contract/errors.js';
import type { RowProblem } from '../../../contract/row-problem.js';

/** What one line says: the path of a picture, and its label. */
export interface LabelLine {
  readonly line: number;
  readonly path: string;
  readonly label: string;
}

export interface LabelsFile {
  readonly lines: readonly LabelLine[];
  /** Lines that say no such thing. */
  readonly bad: readonly Pick<RowProblem, 'line' | 'field' | 'code' | 'detail'>[];
}

type BadLine = LabelsFile['bad'][number];
type Columns = Readonly<Record<'path' | 'label', string>>;

const COLUMNS = { path: ['file', 'filename', 'file_name', 'path', 'image'], label: ['label', 'class'] };
const DELIMITERS = [',', ';', '\t'];
export const MOST_LABELS_BYTES = 2 ** 26;

/** Of these names, those of the two columns. */
function columnsIn(names: readonly string[]): Columns | undefined {
  const find = (wanted: readonly string[]): string | undefined => wanted.map((word) => names.find((name) => name.trim().toLowerCase() === word)).find((name) => name !== undefined);
  const [path, label] = [find(COLUMNS.path), find(COLUMNS.label)];
  return path === undefined || label === undefined ? undefined : { path, label };
}

interface Head {
  readonly columns: Columns;
  /** null for JSON lines. */
  readonly delimiter: string | null;
}

/** What the first line says of the file; undefined where it is none of labels. */
function headOf(firstLine: string): Head | undefined {
  if (firstLine.startsWith('{')) {
    // Enough of it to see the names; a long line is not whole here.
    const columns = columnsIn([...firstLine.matchAll(/"([A-Za-z_]+)"\s*:/g)].map(([, name]) => name!));
    return columns && { columns, delimiter: null };
  }
  for (const delimiter of DELIMITERS) {
    const columns = columnsIn(firstLine.split(delimiter).map((name) => name.replace(/^"(.*)"$/, '$1')));
    if (columns) return { columns, delimiter };
  }
  return undefined;
}

const firstLineOf = (text: string): string => text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0]!.trim();

/** Whether a file that begins so gives labels to pictures. */
export const startsAsLabels = (start: Uint8Array): boolean => headOf(firstLineOf(Buffer.from(start).toString('utf8'))) !== undefined;

/** @throws PICTURES_LAYOUT where it cannot be read as a whole */
export function readLabels(name: string, bytes: Uint8Array): LabelsFile {
  const text = decoded(name, bytes);
  const head = headOf(firstLineOf(text));
  if (!head) throw ServiceError.of('PICTURES_LAYOUT', `"${name}" names no column of files (${COLUMNS.path.join(', ')}) and of labels (${COLUMNS.label.join(', ')})`);
  const lines: LabelLine[] = [];
  const bad: BadLine[] = [];
  for (const row of head.delimiter === null ? jsonLines(text) : csvLines(name, text, head.delimiter)) {
    const found = 'values' in row ? lineOf(row, head.columns) : row;
    if ('code' in found) bad.push(found);
    else lines.push(found);
  }
  return { lines, bad };
}

function decoded(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw ServiceError.of('PICTURES_LAYOUT', `"${name}" is not UTF-8`);
  }
}

interface Row {
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

function lineOf({ line, values }: Row, { path, label }: Columns): LabelLine | BadLine {
  const said = (column: string): string => (['string', 'number'].includes(typeof values[column]) ? String(values[column]).trim() : '');
  if (said(path) === '') return { line, field: path, code: 'VALUE_MISSING', detail: 'it names no file' };
  if (said(label) === '') return { line, field: label, code: 'LABEL_MISSING', detail: 'it has no label' };
  return { line, path: said(path), label: said(label) };
}

function* jsonLines(text: string): Generator<Row | BadLine> {
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    if (content.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch {
      value = undefined;
    }
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    yield isObject ? { line, values: value as Record<string, unknown> } : { line, field: null, code: 'NOT_JSON', detail: 'it is no JSON object' };
  }
}

function* csvLines(name: string, text: string, delimiter: string): Generator<Row | BadLine> {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { bom: true, delimiter, relax_column_count: true, skip_empty_lines: true, info: true }) as unknown as typeof records;
  } catch (problem) {
    throw ServiceError.of('PICTURES_LAYOUT', `"${name}" cannot be read as CSV: ${(problem as Error).message}`);
  }
  const [{ record: names }, ...rows] = records as [(typeof records)[number], ...typeof records];
  for (const { record, info: { lines: line } } of rows) {
    yield record.length === names.length
      ? { line, values: Object.fromEntries(names.map((column, at) => [column, record[at]])) }
      : { line, field: null, code: 'FIELD_COUNT', detail: `it has ${record.length} fields; the first line has ${names.length}` };
  }
}

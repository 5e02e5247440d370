// Tables as lines of JSON: an object each, whose keys are the columns. A list of numbers becomes a column for each place: "x[0]", "x[1]", ….
import { ServiceError } from '../../contract/errors.js';
import type { SourceFile } from '../source-file.js';
import { readTables } from '../tables/read-tables.js';
import { MOST_COLUMNS, requireColumns, ROWS_AT_A_TIME, type BadRow, type Cell, type Table, type TableRow } from '../tables/table.js';
import { LONGEST_LINE, linesOf, startsAsText, textOf } from '../tables/text.js';
import type { Reader } from './reader.js';

/** Lines whose keys are the columns: a later line may lack some of them, and has no others. */
const LOOKED_AT = 1_000;

export const jsonl: Reader = {
  name: 'jsonl',

  recognises: (heads) => heads.every((head) => startsAsText(head) && /^\s*\{/.test(textOf(head))),

  async read(files, options) {
    const tables: Table[] = [];
    for (const file of files) tables.push(await openJsonl(file, options.maxBytes));
    return readTables(tables, options);
  },
};

/** @throws TABLE_CORRUPT, TABLE_COLUMNS, TABLE_EMPTY */
async function openJsonl(file: SourceFile, maxBytes: number): Promise<Table> {
  const places = new Map<string, number>();
  let looked = 0;
  for await (const line of linesOf(file, maxBytes)) {
    const read = line === null ? undefined : fieldsOf(line);
    for (const [key] of read instanceof Map ? read : []) if (!places.has(key) && places.size <= MOST_COLUMNS) places.set(key, places.size);
    if ((looked += 1) >= LOOKED_AT) break;
  }
  if (looked === 0 || places.size === 0) throw ServiceError.of('TABLE_EMPTY', `"${file.name}"`, `it has no object in its first ${LOOKED_AT} lines`);
  const columns = requireColumns(file, [...places.keys()]);
  return {
    file,
    columns,
    async *rows(tell) {
      let rows: TableRow[] = [];
      let line = 0;
      for await (const text of linesOf(file, maxBytes)) {
        line += 1;
        const bad = (fault: Omit<BadRow, 'line'>): void => tell({ line, ...fault });
        if (text === null) bad({ field: null, code: 'LINE_TOO_LONG', detail: `is longer than ${LONGEST_LINE} bytes` });
        else if (text.trim() !== '') {
          const read = fieldsOf(text);
          const cells = read instanceof Map ? cellsOf(read, places) : read;
          if (Array.isArray(cells)) rows.push({ line, cells });
          else bad(cells);
        }
        if (rows.length < ROWS_AT_A_TIME) continue;
        yield rows;
        rows = [];
      }
      if (rows.length > 0) yield rows;
    },
  };
}

type Fault = Omit<BadRow, 'line'>;

/** The cells of a line by column. */
function fieldsOf(line: string): Map<string, Cell> | Fault {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (problem) {
    return { field: null, code: 'NOT_JSON', detail: `is no JSON: ${(problem as Error).message.slice(0, 100)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { field: null, code: 'NOT_JSON', detail: 'is no JSON object' };
  const fields = new Map<string, Cell>();
  for (const [key, held] of Object.entries(value)) {
    if (!flatten(key.trim() || key, held, fields)) return { field: key.slice(0, 256), code: 'NOT_JSON', detail: 'holds an object; read are numbers, texts, true, false, null, and lists of numbers' };
  }
  return fields;
}

/** False for what makes no cells. */
function flatten(key: string, value: unknown, fields: Map<string, Cell>): boolean {
  if (Array.isArray(value)) return value.every((held, at) => (Array.isArray(held) || typeof held === 'number') && flatten(`${key}[${at}]`, held, fields));
  if (typeof value === 'boolean') fields.set(key, String(value));
  else if (value === null || typeof value === 'number' || typeof value === 'string') fields.set(key, value);
  else return false;
  return true;
}

function cellsOf(fields: ReadonlyMap<string, Cell>, places: ReadonlyMap<string, number>): Cell[] | Fault {
  const cells = new Array<Cell>(places.size).fill(null);
  const lists = new Set<string>();
  for (const [key, cell] of fields) {
    const place = places.get(key);
    if (place === undefined) return { field: key.slice(0, 256), code: 'FIELD_COUNT', detail: `has "${key.slice(0, 64)}", which none of the first ${LOOKED_AT} lines has` };
    cells[place] = cell;
    if (key.endsWith(']')) lists.add(key.slice(0, key.indexOf('[')));
  }
  // A list that is shorter than another is no list with values missing.
  for (const [key] of lists.size === 0 ? [] : places) {
    if (key.endsWith(']') && !fields.has(key) && lists.has(key.slice(0, key.indexOf('[')))) return { field: key, code: 'FIELD_COUNT', detail: 'is missing: the list is shorter than others' };
  }
  return cells;
}

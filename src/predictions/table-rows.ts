// Rows of a table to be predicted of, as JSON or as CSV: cells by the columns that the model takes, then encoded as training had them.
import type { TableColumn } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { pointerPart } from '../contract/pointer.js';
import { MOST_INSTANCES } from '../contract/prediction.js';
import { csvOf } from '../datasets/readers/csv.js';
import { encodedRows, type NewRow } from '../datasets/tables/new-rows.js';
import type { BadRow, Cell } from '../datasets/tables/table.js';

/** @param pointer of the list of instances @throws INVALID_VALUE, MISSING_FIELD, UNKNOWN_FIELD, VALUE_TOO_FAR, each with its pointer */
export function rowsOfRecords(instances: readonly unknown[], columns: readonly TableColumn[], pointer: string): Float32Array {
  const rows = instances.map((instance, index): NewRow => ({ line: index + 1, cells: cellsOf(instance, columns, `${pointer}/${index}`) }));
  return encoded(columns, rows, pointer, (column) => (Array.isArray(instances[0]) ? columns.findIndex(({ name }) => name === column) : pointerPart(column)));
}

/**
 * CSV with a line of names; columns that the model does not take are not looked at, such as the one it predicts.
 * @throws TABLE_CORRUPT, TABLE_EMPTY, COLUMN_MISSING, INVALID_VALUE, VALUE_TOO_FAR
 */
export async function rowsOfCsv(bytes: Uint8Array, columns: readonly TableColumn[]): Promise<{ rows: Float32Array; instances: number }> {
  const table = await csvOf('the body', bytes);
  const places = columns.map(({ name }) => {
    const place = table.columns.indexOf(name);
    if (place < 0) throw ServiceError.of('COLUMN_MISSING', name.slice(0, 64), table.columns.slice(0, 8).map((has) => `"${has.slice(0, 64)}"`).join(', ')).at(`/${pointerPart(name)}`);
    return place;
  });
  const rows: NewRow[] = [];
  let bad: BadRow | undefined;
  for await (const some of table.rows((row) => (bad ??= row))) {
    for (const { line, cells } of some) rows.push({ line, cells: places.map((place) => cells[place]!) });
    if (bad) throw ServiceError.of('INVALID_VALUE', `in line ${bad.line} ${bad.detail}`).at(`/instances/${rows.filter(({ line }) => line < bad!.line!).length}`);
    if (rows.length > MOST_INSTANCES) throw ServiceError.of('INVALID_VALUE', `must NOT have more than ${MOST_INSTANCES} items`).at('/instances');
  }
  if (rows.length === 0) throw ServiceError.of('TABLE_EMPTY', 'The body', 'it has no rows below its columns');
  return { rows: encoded(columns, rows, '/instances', pointerPart), instances: rows.length };
}

function encoded(columns: readonly TableColumn[], rows: readonly NewRow[], pointer: string, placeOf: (column: string) => string | number): Float32Array {
  const fault = (row: number, column: string, detail: string): never => {
    throw ServiceError.of('INVALID_VALUE', `of column "${column.slice(0, 64)}" ${detail}`).at(`/${row}/${placeOf(column)}`);
  };
  try {
    return encodedRows(columns, rows, fault);
  } catch (problem) {
    throw problem instanceof ServiceError ? problem.at(`${pointer}${problem.pointer}`) : problem;
  }
}

function cellsOf(instance: unknown, columns: readonly TableColumn[], path: string): Cell[] {
  if (Array.isArray(instance)) {
    if (instance.length !== columns.length) throw ServiceError.of('INVALID_VALUE', `must be a list of ${columns.length} values, one for each column, not ${instance.length}`).at(path);
    return instance.map((value, index) => cellOf(value, `${path}/${index}`));
  }
  if (instance === null || typeof instance !== 'object') throw ServiceError.of('INVALID_VALUE', 'must be an object of values by column, or a list of them').at(path);
  const record = instance as Record<string, unknown>;
  const names = new Set(columns.map(({ name }) => name));
  const stranger = Object.keys(record).find((name) => !names.has(name));
  if (stranger !== undefined) throw ServiceError.of('UNKNOWN_FIELD', stranger.slice(0, 64), path).at(`${path}/${pointerPart(stranger)}`);
  return columns.map(({ name }) => {
    if (!Object.hasOwn(record, name)) throw ServiceError.of('MISSING_FIELD', name.slice(0, 64)).at(`${path}/${pointerPart(name)}`);
    return cellOf(record[name], `${path}/${pointerPart(name)}`);
  });
}

function cellOf(value: unknown, path: string): Cell {
  if (value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw ServiceError.of('INVALID_VALUE', 'must be a number, a text, or null for a missing value').at(path);
}

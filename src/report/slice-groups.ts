// Examples told apart by a column of their table, as it lies in the packed rows: the place of the 1 of a column of categories, the quarters of one of
// numbers. A missing number was filled in with the mean when the table was read, and counts as that.
import type { TableColumn } from '../contract/dataset.js';
import { chunkCountOf, roomFor, type Rows } from '../datasets/rows.js';
import { volume } from '../contract/shape.js';
import { quantile } from './bootstrap.js';

export interface Groups {
  column: string;
  kind: 'categorical' | 'numeric' | 'class';
  names: string[];
  /** Of each example, the group it is in. */
  of: Uint32Array;
}

const QUARTERS = [0.25, 0.5, 0.75];
const OTHERS = 'other';
const MISSING = 'missing';

/** @param rows of all parts, one after the other @param onRead awaited after each chunk */
export async function groupsOfColumns(columns: readonly TableColumn[], rows: readonly Rows[], onRead: () => Promise<void>): Promise<Groups[]> {
  const examples = rows.reduce((sum, { count }) => sum + count, 0);
  const found = columns.map((column) => ({ column, values: new Float64Array(examples) }));
  let at = 0;
  for (const part of rows) {
    const width = volume(part.shape);
    for (let chunk = 0; chunk < chunkCountOf(part); chunk += 1) {
      const count = Math.min(part.chunkRows, part.count - chunk * part.chunkRows);
      const values = roomFor(part, count);
      await part.read([chunk], values, 0);
      for (let row = 0; row < count; row += 1, at += 1) for (const { column, values: kept } of found) kept[at] = valueIn(column, values, row * width);
      await onRead();
    }
  }
  return found.map(({ column, values }) => (column.kind === 'numeric' ? quartersOf(column.name, values) : categoriesOf(column, values)));
}

/** Of a number itself, of a category its place. @param row where the inputs of the row begin */
function valueIn(column: TableColumn, values: ArrayLike<number>, row: number): number {
  if (column.kind === 'numeric') return values[row + column.at]! * column.deviation + column.mean;
  const others = column.categories.length;
  for (let place = 0; place < others; place += 1) if (values[row + column.at + place] === 1) return place;
  return others;
}

const categoriesOf = ({ name, categories }: Extract<TableColumn, { kind: 'categorical' }>, values: Float64Array): Groups => ({
  column: name,
  kind: 'categorical',
  names: [...categories.map((category) => category ?? MISSING), OTHERS],
  of: Uint32Array.from(values),
});

/** Edges are values of the column, so that equal values are in one quarter; where many are equal there are fewer. */
function quartersOf(column: string, values: Float64Array): Groups {
  const ascending = Float64Array.from(values).sort();
  const edges = [...new Set(QUARTERS.map((share) => quantile(ascending, share)))].filter((edge) => edge < ascending.at(-1)!);
  const said = (value: number): string => String(Number(value.toPrecision(4)));
  const lows = [ascending[0]!, ...edges];
  const highs = [...edges, ascending.at(-1)!];
  return {
    column,
    kind: 'numeric',
    names: lows.map((low, place) => `${place === 0 ? 'from' : 'above'} ${said(low)} to ${said(highs[place]!)}`),
    of: Uint32Array.from(values, (value) => edges.filter((edge) => value > edge).length),
  };
}

/** By the class of each example. */
export const groupsOfClasses = (column: string, names: readonly string[], classes: Int32Array): Groups => ({ column, kind: 'class', names: [...names], of: Uint32Array.from(classes) });

/** Places of the examples of each group, ascending. */
export function membersOf({ names, of }: Groups): Uint32Array[] {
  const sizes = new Uint32Array(names.length);
  for (const group of of) sizes[group]! += 1;
  const members = Array.from(sizes, (size) => new Uint32Array(size));
  const filled = new Uint32Array(names.length);
  of.forEach((group, at) => (members[group]![filled[group]!++] = at));
  return members;
}

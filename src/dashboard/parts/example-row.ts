// A row of a table as it was written: from the inputs of a network back to columns.
import type { Preprocessing } from '../../contract/dataset.js';

/** @param values as they are packed: numbers less their mean, by their deviation; 1 in the place of a category */
export function rowOf(values: readonly (number | null)[], columns: Preprocessing['columns']): [name: string, value: string | number | null][] {
  if (columns === undefined) return values.map((value, at) => [String(at), value]);
  return columns.map((column) => {
    if (column.kind === 'numeric') {
      const value = values[column.at];
      return [column.name, typeof value === 'number' ? Number((value * column.deviation + column.mean).toPrecision(6)) : null];
    }
    const found = values.slice(column.at, column.at + column.categories.length).indexOf(1);
    return [column.name, found < 0 ? 'any other' : (column.categories[found] ?? null)];
  });
}

// What each input of a network is: a column of a table, a category of one, a channel of a picture.
import type { DatasetContent, TableColumn } from '../../../contract/dataset.js';

const ofColumn = (column: TableColumn): string[] =>
  column.kind === 'numeric' ? [column.name] : [...column.categories.map((category) => `${column.name} = ${category ?? 'missing'}`), `${column.name} = any other`];

/** By place. */
export function inputNames({ preprocessing: { columns }, input_shape: shape }: DatasetContent): string[] {
  if (columns !== undefined) return columns.flatMap(ofColumn);
  const count = shape.at(-1)!;
  if (shape.length === 1) return Array.from({ length: count }, (_, at) => `column ${at}`);
  return count === 1 ? ['grey'] : count === 3 ? ['red', 'green', 'blue'] : Array.from({ length: count }, (_, at) => `channel ${at}`);
}

/** What a row of a table said, told back from its inputs. */
export function cellsOf(columns: readonly TableColumn[], values: readonly (number | null)[]): (readonly [name: string, value: string | number | null])[] {
  return columns.map((column) => {
    if (column.kind === 'numeric') {
      const value = values[column.at] ?? null;
      return [column.name, value === null ? null : Number((value * column.deviation + column.mean).toPrecision(6))];
    }
    const at = column.categories.findIndex((_, of) => values[column.at + of] === 1);
    return [column.name, at < 0 ? 'any other' : column.categories[at]!];
  });
}

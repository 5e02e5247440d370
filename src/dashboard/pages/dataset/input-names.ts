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

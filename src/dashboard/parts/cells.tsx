// A table that is told by its cells.
import type { ComponentChildren } from 'preact';
import { Table } from './table.js';

export interface CellsProps {
  label: string;
  /** As of a table; a column that is false is none. */
  titles: readonly (string | false)[];
  /** Row by row, a cell for each column that is there. */
  rows: readonly (readonly ComponentChildren[])[];
  isTall?: boolean;
}

export function Cells({ label, titles, rows, isTall = false }: CellsProps) {
  const columns = titles.filter((title) => title !== false);
  return (
    <Table label={label} titles={columns} isTall={isTall}>
      {rows.map((cells, at) => <tr key={at}>{columns.map((title, column) => <td key={column} class={title.startsWith('#') ? 'number' : undefined}>{cells[column]}</td>)}</tr>)}
    </Table>
  );
}

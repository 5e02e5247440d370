// A table that is wider than a phone scrolls by itself, by keys too.
import type { ComponentChildren } from 'preact';

export interface TableProps {
  label: string;
  /** Titles of columns; '#' before one: its values are numbers, to the right. Those without a title show what the column before says. */
  heads: readonly (string | false)[];
  /** Cells from left to right. */
  rows: readonly (readonly ComponentChildren[])[];
  isTall?: boolean;
}

export function Table({ label, heads, rows, isTall = false }: TableProps) {
  const columns = heads.filter((head) => head !== false).map((head) => ({ title: head.replace(/^#/, ''), kind: head.startsWith('#') ? 'number' : undefined }));
  return (
    <div class={isTall ? 'scroll tall' : 'scroll'} tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr>{columns.map(({ title, kind }, at) => (title === '' ? <td key={at} /> : <th key={at} class={kind}>{title}</th>))}</tr></thead>
        <tbody>{rows.map((cells, at) => <tr key={at}>{columns.map(({ kind }, column) => <td key={column} class={kind}>{cells[column]}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

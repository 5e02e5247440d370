// Rows of a table as text.
import { useState } from 'preact/hooks';
import type { TableColumn } from '../../../../contract/dataset.js';
import type { Prediction } from './use-prediction.js';

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export function Rows({ columns, prediction }: { columns: readonly TableColumn[]; prediction: Prediction }) {
  const names = columns.map(({ name }) => quoted(name)).join(',');
  const [text, setText] = useState('');
  const ask = (event: Event): void => {
    event.preventDefault();
    const cells = text.split('\n', 1)[0]!.split(',').map((cell) => cell.trim().replaceAll('"', ''));
    // Rows without a line of names have the columns in their order.
    prediction.ask({ csv: columns.some(({ name }) => cells.includes(name)) ? text : `${names}\n${text}` });
  };
  return (
    <form class="fields" onSubmit={ask}>
      <label>Rows as CSV, with a line of names or in this order: {names}<textarea rows={8} required value={text} placeholder={`${names}\n${columns.map((column) => (column.kind === 'numeric' ? column.mean.toPrecision(3) : (column.categories[0] ?? ''))).join(',')}`} onInput={(event) => setText(event.currentTarget.value)} /></label>
      <div class="buttons"><button class="primary">Ask</button></div>
    </form>
  );
}

// A row of a table, column by column.
import { useState } from 'preact/hooks';
import type { TableColumn } from '../../../../contract/dataset.js';
import { number } from '../../../format.js';
import type { Prediction } from './use-prediction.js';

type Cells = Readonly<Record<string, string | null>>;
type Categorical = Extract<TableColumn, { kind: 'categorical' }>;

/** The middle of what it learnt from, so that there is something to begin with. */
const usual = (column: TableColumn): string | null => (column.kind === 'numeric' ? String(Number(column.mean.toPrecision(4))) : (column.categories[0] ?? null));

export function RowForm({ columns, prediction }: { columns: readonly TableColumn[]; prediction: Prediction }) {
  const [cells, setCells] = useState<Cells>(Object.fromEntries(columns.map((column) => [column.name, usual(column)])));
  const set = (name: string) => (value: string | null) => setCells({ ...cells, [name]: value });
  const ask = (event: Event): void => {
    event.preventDefault();
    const instance = Object.fromEntries(columns.map(({ name, kind }) => {
      const cell = cells[name] ?? null;
      return [name, cell === null || (kind === 'numeric' && cell === '') ? null : kind === 'numeric' ? Number(cell) : cell];
    }));
    prediction.ask({ instances: [instance] });
  };
  return (
    <form class="fields" onSubmit={ask}>
      <div class="columns">
        {columns.map((column) => column.kind === 'numeric' ? (
          <label key={column.name}>{column.name}<input type="number" step="any" value={cells[column.name] ?? ''} placeholder={`missing: ${number(column.mean)}`} onInput={(event) => set(column.name)(event.currentTarget.value)} /></label>
        ) : <Category key={column.name} column={column} value={cells[column.name] ?? null} onValue={set(column.name)} />)}
      </div>
      <div class="buttons"><button class="primary">Ask</button></div>
      <p class="quiet">An empty number is missing, and read as the mean of the train part.</p>
    </form>
  );
}

/** Any text may stand there; one that training did not have counts as all others. */
function Category({ column: { name, categories }, value, onValue }: { column: Categorical; value: string | null; onValue: (value: string | null) => void }) {
  const at = categories.indexOf(value);
  return (
    <label>
      {name}
      <select value={at} onChange={(event) => { const chosen = Number(event.currentTarget.value); onValue(chosen < 0 ? '\u2013' : categories[chosen]!); }}>
        {categories.map((category, of) => <option key={of} value={of}>{category ?? '(missing)'}</option>)}
        <option value={-1}>(any other)</option>
      </select>
    </label>
  );
}

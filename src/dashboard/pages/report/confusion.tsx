// The confusion matrix: true classes by predicted ones. Each cell opens its examples.
import { useMemo } from 'preact/hooks';
import { percent, some, whole } from '../../format.js';
import { place, setQuery } from '../../route.js';

export interface ConfusionProps {
  matrix: readonly (readonly number[])[];
  names: readonly string[];
}

/** More classes than these take the whole width. */
const MOST_BESIDE = 10;
/** So few have room for their names. */
const FEW = 5;
/** So many letters fit above a column; longer names stand upright. */
const SHORT = 4;
const STEPS: Readonly<Record<string, readonly [down: number, across: number]>> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function Confusion({ matrix, names }: ConfusionProps) {
  const { true: ofClass = '', predicted = '' } = place.value.query;
  const [at, to] = [names.indexOf(ofClass), names.indexOf(predicted)];
  const chosen = (matrix[at]?.[to] ?? 0) === 0 ? undefined : nameOf(at, to);
  const stop = chosen ?? firstOf(matrix);
  // A hundred classes are ten thousand cells: they are drawn anew only where they change, and not each time the job is asked for.
  const rows = useMemo(() => rowsOf({ matrix, names }).map((row, of) => <Row key={row.name} row={row} at={of} names={names} chosen={chosen} stop={stop} />), [JSON.stringify(matrix), names.join('\n'), chosen]);
  return (
    <section class={names.length > MOST_BESIDE ? 'panel wide' : 'panel'}>
      <h2>Confusion matrix</h2>
      <p class="quiet">Rows are what examples are, columns what they are taken for. Blue is right, by the part of its class; orange is wrong, by the most frequent mistake. A cell opens its examples below; arrow keys lead from cell to cell.</p>
      <div class="scroll matrix" tabIndex={0} role="region" aria-label="Confusion matrix">
        <table class={`confusion ${names.length <= FEW ? 'few' : names.some((name) => name.length > SHORT) ? 'upright' : ''}`} onKeyDown={moved}>
          <thead><tr><td />{names.map((name) => <th key={name} title={name} scope="col"><span>{name}</span></th>)}<th class="number"><span>Recall</span></th></tr></thead>
          <tbody>{rows}</tbody>
        </table>
      </div>
    </section>
  );
}

const firstOf = (matrix: ConfusionProps['matrix']): string => {
  const at = matrix.findIndex((row) => row.some((count) => count > 0));
  return nameOf(at, at < 0 ? -1 : matrix[at]!.findIndex((count) => count > 0));
};
const nameOf = (at: number, to: number): string => `${at} ${to}`;

interface RowProps {
  row: ReturnType<typeof rowsOf>[number];
  at: number;
  names: readonly string[];
  chosen: string | undefined;
  /** The one cell that the tabulator stops at; arrows lead on from there. */
  stop: string;
}

function Row({ row: { name, cells, recall }, at, names, chosen, stop }: RowProps) {
  return (
    <tr>
      <th scope="row" title={name}><span>{name}</span></th>
      {cells.map(({ count, tint, label }, to) => {
        const cell = nameOf(at, to);
        if (count === 0) return <td key={to}>·</td>;
        return (
          <td key={to}>
            <button
              type="button" data-cell={cell} tabIndex={cell === stop ? 0 : -1} class={at === to ? 'right' : 'wrong'} style={{ '--tint': tint }} aria-label={label} title={label}
              aria-pressed={cell === chosen} onClick={() => choose(name, names[to]!)}
            >{whole(count)}</button>
          </td>
        );
      })}
      <td class="number">{recall}</td>
    </tr>
  );
}

function rowsOf({ matrix, names }: ConfusionProps) {
  const mostWrong = Math.max(1, ...matrix.flatMap((row, at) => row.filter((_, to) => to !== at)));
  return matrix.map((row, at) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    return {
      name: names[at]!,
      recall: all === 0 ? '' : percent(row[at]! / all, 1),
      cells: row.map((count, to) => ({ count, tint: at === to ? count / Math.max(1, all) : count / mostWrong, label: `${names[at]!} taken for ${names[to]!}: ${some(count, 'example')}` })),
    };
  });
}

function choose(ofClass: string, predicted: string): void {
  setQuery({ true: ofClass, predicted, after: undefined });
  document.getElementById('examples')?.scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

/** To the next cell that way which has examples. */
function moved(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const cell = (event.target as HTMLElement).dataset.cell;
  if (step === undefined || cell === undefined) return;
  event.preventDefault();
  const table = event.currentTarget as HTMLTableElement;
  let [at, to] = cell.split(' ').map(Number) as [number, number];
  for (;;) {
    [at, to] = [at + step[0], to + step[1]];
    const next = table.tBodies[0]!.rows[at]?.cells[to + 1];
    if (next === undefined || to < 0) return;
    const button = next.querySelector('button');
    if (button !== null) return button.focus();
  }
}

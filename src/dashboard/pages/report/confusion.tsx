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
const STEPS: Readonly<Record<string, readonly [down: number, across: number]>> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function Confusion({ matrix, names }: ConfusionProps) {
  const { true: ofClass, predicted } = place.value.query;
  const rows = useMemo(() => rowsOf({ matrix, names }), [matrix, names]);
  // One stop for the tabulator, arrows from there on: a hundred classes would be ten thousand stops.
  const stop = ofClass !== undefined && predicted !== undefined ? `${names.indexOf(ofClass)} ${names.indexOf(predicted)}` : '0 0';
  return (
    <section class={names.length > MOST_BESIDE ? 'panel wide' : 'panel'}>
      <h2>Confusion matrix</h2>
      <p class="quiet">Rows are what examples are, columns what they are taken for. Blue is right, by the part of its class; orange is wrong, by the most frequent mistake. A cell opens its examples below; arrow keys lead from cell to cell.</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Confusion matrix">
        <table class={names.length > FEW ? 'confusion' : 'confusion few'} onKeyDown={moved}>
          <thead><tr><th><span class="only-heard">true class</span></th>{names.map((name) => <th key={name} title={name} scope="col"><span>{name}</span></th>)}<th class="number">Recall</th></tr></thead>
          <tbody>
            {rows.map(({ name, cells, recall }, at) => (
              <tr key={name}>
                <th scope="row" title={name}><span>{name}</span></th>
                {cells.map(({ count, tint, label }, to) => (
                  <td key={to}>
                    <button
                      type="button" data-cell={`${at} ${to}`} tabIndex={stop === `${at} ${to}` ? 0 : -1} class={at === to ? 'right' : 'wrong'} style={{ '--tint': tint }} aria-label={label} title={label}
                      aria-pressed={ofClass === name && predicted === names[to]} onClick={() => choose(name, names[to]!)}
                    >{count === 0 ? '·' : whole(count)}</button>
                  </td>
                ))}
                <td class="number">{recall}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
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

function moved(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const cell = (event.target as HTMLElement).dataset.cell;
  if (step === undefined || cell === undefined) return;
  const [at, to] = cell.split(' ').map(Number) as [number, number];
  event.preventDefault();
  (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-cell="${at + step[0]} ${to + step[1]}"]`)?.focus();
}

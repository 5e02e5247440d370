// The plots, as SVG with its colours in the style sheet: each shows what there is, be it one point, and says what is missing.
import type { CalibrationBin, Comparison, TransferReport } from '../../contract/transfer-report.js';
import { marksOf, rangeOf, scaled } from './axes.js';
import { html, type Html } from './html.js';
import { plain, type Writing } from './numbers.js';

const WIDTH = 560;
const LEFT = 72;
const RIGHT = WIDTH - 16;

/** Every difference as a dot, their mean as a diamond, the interval as a bar, beside the line of no difference. */
export function differencePlot({ pairs, difference, interval }: Comparison, { difference: written }: Writing): Html {
  const range = rangeOf([0, difference, ...pairs.map((pair) => pair.difference), ...(interval ?? [])]);
  const x = scaled(range, LEFT, RIGHT);
  const label = `Difference of transfer and scratch: ${written(difference)}${interval ? `, interval from ${written(interval[0])} to ${written(interval[1])}` : ''}`;
  return html`<svg viewBox="0 0 ${WIDTH} 112" role="img" aria-label="${label}">
${marksOf(range).map((mark) => html`<line class="grid" x1="${x(mark)}" x2="${x(mark)}" y1="8" y2="84"/><text class="mark" x="${x(mark)}" y="104" text-anchor="middle">${written(mark)}</text>`)}
<line class="axis" x1="${x(0)}" x2="${x(0)}" y1="4" y2="88"/>
${pairs.map((pair) => html`<circle class="dot" cx="${x(pair.difference)}" cy="28" r="4"><title>seed ${pair.seed}: ${written(pair.difference)}</title></circle>`)}
${interval && html`<line class="interval" x1="${x(interval[0])}" x2="${x(interval[1])}" y1="60" y2="60"/>${interval.map((end) => html`<line class="interval" x1="${x(end)}" x2="${x(end)}" y1="52" y2="68"/>`)}`}
<path class="mean" d="M${x(difference) - 7} 60 L${x(difference)} 53 L${x(difference) + 7} 60 L${x(difference)} 67 Z"/>
<text class="mark" x="4" y="32">seeds</text><text class="mark" x="4" y="64">mean</text>
</svg>`;
}

type Curves = TransferReport['curves'];

/** One line for each run, by steps; a run of one epoch is a dot. Main runs are drawn whole, baselines dashed. */
export function curvePlot(curves: Curves, value: string, { value: written }: Writing): Html {
  const series = curves.map(({ run, role, points }) => ({ run, role, points: points.filter(({ values }) => values[value] !== undefined) })).filter(({ points }) => points.length > 0);
  if (series.length === 0) return html`<p class="empty">No epoch was measured.</p>`;
  const all = series.flatMap(({ points }) => points);
  const [across, up] = [rangeOf([0, ...all.map(({ step }) => step)]), rangeOf(all.map(({ values }) => values[value]!))];
  const [x, y] = [scaled(across, LEFT, RIGHT), scaled(up, 208, 12)];
  const place = (point: (typeof all)[number]): string => `${x(point.step)} ${y(point.values[value]!)}`;
  return html`<svg viewBox="0 0 ${WIDTH} 248" role="img" aria-label="${value} of ${series.length} runs by step">
${marksOf(up).map((mark) => html`<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${y(mark)}" y2="${y(mark)}"/><text class="mark" x="${LEFT - 8}" y="${y(mark) + 4}" text-anchor="end">${written(mark)}</text>`)}
${marksOf(across).map((mark) => html`<text class="mark" x="${x(mark)}" y="226" text-anchor="middle">${plain(mark)}</text>`)}
<text class="mark" x="${(LEFT + RIGHT) / 2}" y="244" text-anchor="middle">step</text>
${series.map(({ run, role, points }) => html`<g class="${role}"><title>${run}</title>${points.length === 1 ? html`<circle cx="${x(points[0]!.step)}" cy="${y(points[0]!.values[value]!)}" r="4"/>` : html`<path d="M${points.map(place).join(' L')}"/>`}</g>`)}
</svg>`;
}

/** Accuracy by confidence: what lies below the diagonal is said too surely. */
export function reliabilityPlot(bins: readonly CalibrationBin[]): Html {
  const [x, y] = [scaled({ low: 0, high: 1 }, LEFT, LEFT + 256), scaled({ low: 0, high: 1 }, 268, 24)];
  const marks = [0, 0.25, 0.5, 0.75, 1];
  return html`<svg viewBox="0 0 ${WIDTH} 312" role="img" aria-label="Accuracy by confidence in ${bins.length} bins">
${marks.map((mark) => html`<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(mark)}" y2="${y(mark)}"/><text class="mark" x="${LEFT - 8}" y="${y(mark) + 4}" text-anchor="end">${plain(mark)}</text><text class="mark" x="${x(mark)}" y="286" text-anchor="middle">${plain(mark)}</text>`)}
${bins.filter(({ accuracy }) => accuracy !== null).map(({ from, to, accuracy, confidence, examples }) => html`<rect class="bar" x="${x(from) + 1}" width="${Math.round(10 * (x(to) - x(from) - 2)) / 10}" y="${y(accuracy!)}" height="${Math.round(10 * (y(0) - y(accuracy!))) / 10}"><title>${examples} examples: confidence ${plain(confidence)}, accuracy ${plain(accuracy)}</title></rect>`)}
<line class="axis" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>
<text class="mark" x="${x(0.5)}" y="304" text-anchor="middle">confidence</text><text class="mark" x="${LEFT}" y="12">accuracy</text>
</svg>`;
}

/** Past it, cells are too small for their numbers. */
export const MOST_CELLS = 20;
const CELL = 40;

/** Rows are the true classes. The tint is the share of its row; text stays readable on the strongest. */
export function confusionPlot(matrix: readonly (readonly number[])[], names: readonly string[]): Html {
  const left = 128;
  const size = CELL * names.length;
  const short = (name: string): string => (name.length > 16 ? `${name.slice(0, 15)}…` : name);
  return html`<svg viewBox="0 0 ${left + size + 8} ${size + 112}" width="${left + size + 8}" role="img" aria-label="Confusion matrix: true classes by predicted ones">
${matrix.map((row, at) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    return html`<text class="mark" x="${left - 8}" y="${at * CELL + 24}" text-anchor="end">${short(names[at]!)}</text>${row.map((count, to) => html`<rect class="cell" x="${left + to * CELL + 1}" y="${at * CELL + 1}" width="${CELL - 2}" height="${CELL - 2}" fill-opacity="${all === 0 ? 0 : Math.round((350 * count) / all) / 1000}"><title>${names[at]!} taken for ${names[to]!}: ${count}</title></rect><text class="count" x="${left + to * CELL + CELL / 2}" y="${at * CELL + 24}" text-anchor="middle">${count}</text>`)}`;
  })}
${names.map((name, at) => html`<text class="mark" transform="translate(${left + at * CELL + 24} ${size + 12}) rotate(60)">${short(name)}</text>`)}
</svg>`;
}

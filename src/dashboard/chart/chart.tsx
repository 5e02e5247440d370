// A line chart that grows under the eye of who looks: zoom, selection and place stay when points come. Behind it lies a table, for who cannot see it.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { number } from '../format.js';
import { theme } from '../theme.js';
import { strokeOf } from './palette.js';
import { smoothed } from './smooth.js';

export interface Series {
  label: string;
  /** Of its colour: the same as long as it is the same series. */
  place: number;
  x: readonly number[];
  y: readonly (number | null)[];
}

export interface ChartProps {
  title: string;
  series: readonly Series[];
  xLabel: string;
  /** 0 to 1. @default 0: as it is */
  smoothing?: number;
  log?: boolean;
  /** Vertical lines with a word each: where stages begin. */
  marks?: readonly { x: number; label: string }[];
  formatY?: (value: number) => string;
  formatX?: (value: number) => string;
  /** On the axis. @default formatY */
  tickY?: (value: number) => string;
  /** On the axis. @default formatX */
  tickX?: (value: number) => string;
}

const HEIGHT = 240;
/** Fewer points than this are not smoothed: there is nothing to be seen through. */
const SMOOTH_FROM = 200;
const MOST_ROWS = 200;

export function Chart(props: ChartProps) {
  const { title, series, xLabel, smoothing = 0, log = false, marks = [], formatY = number, formatX = number, tickY = formatY, tickX = formatX } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const zoom = useRef<{ min: number; max: number }>();
  const [isZoomed, setZoomed] = useState(false);
  const shown = useMemo(() => series.flatMap((one) => drawn(one, smoothing)), [series, smoothing]);
  const form = JSON.stringify([shown.map(({ label, place, faint, dots }) => [label, place, faint, dots]), log, xLabel, theme.value]);
  const latestMarks = useRef(marks);
  latestMarks.current = marks;

  useLayoutEffect(() => {
    const made = new uPlot(
      {
        width: host.current!.clientWidth,
        height: HEIGHT,
        scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
        axes: [axis(tickX), axis(tickY, 64)],
        series: [{ label: xLabel, value: (_, value) => (value === null ? '' : formatX(value)) }, ...shown.map((one) => line(one, formatY))],
        cursor: { drag: { x: true, y: false }, points: { size: 6 } },
        legend: { live: true },
        hooks: {
          setSelect: [(self) => self.select.width > 0 && keepZoom(self.posToVal(self.select.left, 'x'), self.posToVal(self.select.left + self.select.width, 'x'))],
          drawClear: [(self) => drawMarks(self, latestMarks.current)],
          // uPlot itself goes back to the whole at a double click.
          ready: [(self) => self.over.addEventListener('dblclick', () => keepZoom())],
        },
      },
      dataOf(shown),
      host.current!,
    );
    plot.current = made;
    if (zoom.current) made.setScale('x', zoom.current);
    const resized = new ResizeObserver(() => host.current && made.setSize({ width: host.current.clientWidth, height: HEIGHT }));
    resized.observe(host.current!);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [form]);

  useEffect(() => {
    const current = plot.current;
    if (!current) return;
    current.batch(() => {
      current.setData(dataOf(shown), zoom.current === undefined);
      if (zoom.current) current.setScale('x', zoom.current);
    });
  }, [shown]);

  function keepZoom(min?: number, max?: number): void {
    zoom.current = min === undefined || max === undefined ? undefined : { min, max };
    setZoomed(zoom.current !== undefined);
  }
  function zoomBy(factor: number): void {
    const { min, max } = plot.current!.scales.x!;
    if (typeof min !== 'number' || typeof max !== 'number') return;
    const [middle, half] = [(min + max) / 2, ((max - min) / 2) * factor];
    keepZoom(middle - half, middle + half);
    plot.current!.setScale('x', zoom.current!);
  }
  function whole(): void {
    keepZoom();
    plot.current!.setData(plot.current!.data, true);
  }

  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="tools">
          <button type="button" class="small" aria-label={`Zoom in: ${title}`} onClick={() => zoomBy(0.5)}>+</button>
          <button type="button" class="small" aria-label={`Zoom out: ${title}`} onClick={() => zoomBy(2)}>−</button>
          {isZoomed && <button type="button" class="small" onClick={whole}>Whole</button>}
        </span>
      </figcaption>
      <div ref={host} role="img" aria-label={`${title}: ${spoken(series, formatY)}`} />
      <Behind title={title} series={series} xLabel={xLabel} formatX={formatX} formatY={formatY} />
    </figure>
  );
}

interface Drawn extends Series {
  faint: boolean;
  dots: boolean;
}

/** A series as it is drawn: smoothed, with what it was behind it, faint; single points as dots. */
function drawn(one: Series, smoothing: number): Drawn[] {
  const dots = one.y.length === 1;
  if (smoothing <= 0 || one.y.length < SMOOTH_FROM) return [{ ...one, faint: false, dots }];
  return [{ ...one, label: `${one.label}, as measured`, faint: true, dots }, { ...one, y: smoothed(one.x, one.y, smoothing), faint: false, dots }];
}

function dataOf(shown: readonly Drawn[]): uPlot.AlignedData {
  if (shown.length === 0) return [[]];
  return uPlot.join(shown.map(({ x, y }) => [[...x], [...y]] as uPlot.AlignedData));
}

function line({ label, place, faint, dots }: Drawn, formatY: (value: number) => string): uPlot.Series {
  const { color, dash } = strokeOf(place, theme.value);
  return {
    label,
    stroke: faint ? `${color}55` : color,
    width: faint ? 1 : 2,
    dash: [...dash],
    spanGaps: true,
    points: { show: dots, size: 8 },
    value: (_, value) => (value === null || value === undefined ? '' : formatY(value)),
  };
}

const fromStyle = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(format: (value: number) => string, size?: number): uPlot.Axis {
  const grid = { stroke: fromStyle('--line'), width: 1 };
  return { stroke: fromStyle('--quiet'), font: '12px system-ui', grid, ticks: grid, values: (_, values) => values.map((value) => (value === null ? '' : format(value))), ...(size !== undefined && { size }) };
}

function drawMarks(self: uPlot, marks: NonNullable<ChartProps['marks']>): void {
  const { ctx, bbox } = self;
  ctx.save();
  ctx.strokeStyle = fromStyle('--strong-line');
  ctx.fillStyle = fromStyle('--quiet');
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  for (const { x, label } of marks) {
    const at = self.valToPos(x, 'x', true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    const isLate = at > bbox.left + 0.85 * bbox.width;
    ctx.textAlign = isLate ? 'right' : 'left';
    ctx.fillText(label, at + (isLate ? -4 : 4), bbox.top + 12 * devicePixelRatio);
  }
  ctx.restore();
}

/** What a chart says in a sentence. */
const spoken = (series: readonly Series[], formatY: (value: number) => string): string =>
  series
    .map(({ label, y }) => {
      const values = y.filter((value) => value !== null);
      return values.length === 0 ? `${label} has no values` : `${label} from ${formatY(values[0]!)} to ${formatY(values.at(-1)!)}, at ${values.length} points`;
    })
    .join('; ');

function Behind({ title, series, xLabel, formatX, formatY }: Required<Pick<ChartProps, 'title' | 'series' | 'xLabel' | 'formatX' | 'formatY'>>) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        <div class="scroll tall" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
          <table>
            <thead><tr><th>Series</th><th class="number">{xLabel}</th><th class="number">{title}</th></tr></thead>
            <tbody>
              {series.flatMap(({ label, x, y }) =>
                y.slice(-MOST_ROWS).map((value, at) => {
                  const place = x[at + Math.max(0, y.length - MOST_ROWS)]!;
                  return <tr key={`${label} ${place}`}><td>{label}</td><td class="number">{formatX(place)}</td><td class="number">{value === null ? '' : formatY(value)}</td></tr>;
                }),
              )}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

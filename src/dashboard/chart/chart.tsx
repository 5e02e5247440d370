// A line chart that grows under the eye of who looks: zoom, selection and place stay when points come. Behind it lies a table, for who cannot see it.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { number } from '../format.js';
import { theme, type Theme } from '../theme.js';
import { Key } from './key.js';
import { strokeOf } from './palette.js';
import { drawLines, drawPointer, frameOf, nearestX, valueAt, type Colors, type Line } from './plot.js';
import type { Range } from './scale.js';
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
/** A shorter way of the pointer is no selection, in pixels. */
const LEAST_DRAG = 6;

export function Chart(props: ChartProps) {
  const { title, series, xLabel, smoothing = 0, log = false, marks = [], formatY = number, formatX = number, tickY = formatY, tickX = formatX } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [zoom, setZoom] = useState<Range>();
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [under, setUnder] = useState<number>();
  const [drag, setDrag] = useState<readonly [from: number, to: number]>();
  const colors = theme.value;
  const lines = useMemo(() => series.filter(({ label }) => !hidden.includes(label)).flatMap((one) => drawn(one, smoothing, colors)), [series, smoothing, hidden, colors]);

  useLayoutEffect(() => {
    const resized = new ResizeObserver(() => setWidth(canvas.current?.clientWidth ?? 0));
    resized.observe(canvas.current!);
    setWidth(canvas.current!.clientWidth);
    return () => resized.disconnect();
  }, []);
  const frame = useMemo(() => frameOf(width, HEIGHT, lines, zoom, log), [width, lines, zoom, log]);
  useLayoutEffect(() => {
    if (width > 0) drawLines(canvas.current!, frame, { lines, marks, tickX, tickY, colors: colorsOfTheme() });
  }, [frame, title, xLabel, JSON.stringify(marks)]);
  useLayoutEffect(() => {
    if (width > 0) drawPointer(above.current!, frame, { lines, colors: colorsOfTheme() }, under, drag);
  }, [frame, under, drag]);

  function zoomBy(factor: number): void {
    const { low, high } = frame.across;
    const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
    setZoom({ low: middle - half, high: middle + half });
  }
  function moved({ offsetX }: PointerEvent): void {
    setUnder(nearestX(lines, valueAt(offsetX, frame)));
    if (drag) setDrag([drag[0], offsetX]);
  }
  function left(): void {
    setUnder(undefined);
    setDrag(undefined);
  }
  function released(): void {
    if (drag && Math.abs(drag[1] - drag[0]) >= LEAST_DRAG) setZoom({ low: valueAt(Math.min(...drag), frame), high: valueAt(Math.max(...drag), frame) });
    setDrag(undefined);
  }
  const toggle = (label: string): void => setHidden(hidden.includes(label) ? hidden.filter((other) => other !== label) : [...hidden, label]);

  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="tools">
          <button type="button" class="small" aria-label={`Zoom in: ${title}`} onClick={() => zoomBy(0.5)}>+</button>
          <button type="button" class="small" aria-label={`Zoom out: ${title}`} onClick={() => zoomBy(2)}>−</button>
          {zoom && <button type="button" class="small" onClick={() => setZoom(undefined)}>Whole</button>}
        </span>
      </figcaption>
      <div class="curves" onPointerMove={moved} onPointerLeave={left} onPointerDown={(event) => event.pointerType === 'mouse' && setDrag([event.offsetX, event.offsetX])} onPointerUp={released} onDblClick={() => setZoom(undefined)}>
        <canvas ref={canvas} role="img" aria-label={`${title}: ${spoken(series, formatY)}`} />
        <canvas ref={above} aria-hidden="true" />
      </div>
      <p class="legend">
        <span class="number quiet">{xLabel}{under !== undefined && ` ${formatX(under)}`}</span>
        {series.map((one) => (
          <button key={one.label} type="button" class="small" aria-pressed={!hidden.includes(one.label)} title="Shown or not" onClick={() => toggle(one.label)}>
            <Key place={one.place} /> {one.label} <b class="number">{under !== undefined && valueOf(one, under, formatY)}</b>
          </button>
        ))}
      </p>
      <Behind title={title} series={series} xLabel={xLabel} formatX={formatX} formatY={formatY} />
    </figure>
  );
}

/** A series as it is drawn: smoothed, with what it was behind it, faint. */
function drawn({ place, x, y }: Series, smoothing: number, colors: Theme): Line[] {
  const line = { x, y, ...strokeOf(place, colors), isFaint: false };
  if (smoothing <= 0 || y.length < SMOOTH_FROM) return [line];
  return [{ ...line, isFaint: true }, { ...line, y: smoothed(x, y, smoothing) }];
}

function valueOf({ x, y }: Series, at: number, format: (value: number) => string): string {
  const value = y[x.indexOf(at)];
  return typeof value === 'number' ? format(value) : '–';
}

const fromStyle = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colorsOfTheme = (): Colors => ({ line: fromStyle('--line'), strong: fromStyle('--strong-line'), text: fromStyle('--quiet') });

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

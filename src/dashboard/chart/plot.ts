// Lines on a canvas, with their axes and marks; and on another above it what is under the pointer, so that lines are not drawn anew where it moves.
import { marksOf, scaled, type Range } from './scale.js';

export interface Line {
  x: readonly number[];
  y: readonly (number | null)[];
  color: string;
  dash: readonly number[];
  isFaint: boolean;
}

/** From values to pixels. */
export interface Frame {
  width: number;
  height: number;
  /** Of x. */
  across: Range;
  /** Of y; of its logarithm where isLog. */
  up: Range;
  isLog: boolean;
  x: (value: number) => number;
  y: (value: number) => number;
}

export interface Drawing {
  lines: readonly Line[];
  marks: readonly { x: number; label: string }[];
  tickX: (value: number) => string;
  tickY: (value: number) => string;
  colors: Colors;
}

export interface Colors {
  line: string;
  strong: string;
  text: string;
}

/** Around the lines, in pixels: room for what stands along the axes. */
export const EDGE = { left: 64, right: 12, top: 12, bottom: 28 };
const LETTERS = '12px system-ui, sans-serif';
/** Marks along x lie so far apart at least, in pixels. */
const MARK_EVERY = 90;
/** Above and below the lines, as a part of them. */
const ROOM = 0.06;
const DECADES = 1.2;

const extent = (values: Iterable<number>): Range | undefined => {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low > high ? undefined : low === high ? { low: low - (Math.abs(low) / 10 || 1), high: high + (Math.abs(high) / 10 || 1) } : { low, high };
};

export const wholeX = (lines: readonly Line[]): Range => extent(lines.flatMap(({ x }) => (x.length === 0 ? [] : [x[0]!, x.at(-1)!]))) ?? { low: 0, high: 1 };

function* seen(lines: readonly Line[], { low, high }: Range, isLog: boolean): Generator<number> {
  for (const { x, y } of lines) {
    for (let at = 0; at < x.length; at += 1) {
      const value = y[at];
      if (typeof value === 'number' && x[at]! >= low && x[at]! <= high) yield isLog ? Math.log10(value) : value;
    }
  }
}

const withRoom = ({ low, high }: Range): Range => ({ low: low - ROOM * (high - low), high: high + ROOM * (high - low) });

export function frameOf(width: number, height: number, lines: readonly Line[], zoom: Range | undefined, isLog: boolean): Frame {
  const across = zoom ?? wholeX(lines);
  const up = withRoom(extent(seen(lines, across, isLog)) ?? { low: 0, high: 1 });
  const place = scaled(up, height - EDGE.bottom, EDGE.top);
  return { width, height, across, up, isLog, x: scaled(across, EDGE.left, width - EDGE.right), y: isLog ? (value) => place(Math.log10(value)) : place };
}

function penOf(canvas: HTMLCanvasElement, { width, height }: Frame): CanvasRenderingContext2D {
  const density = devicePixelRatio;
  // Setting the size empties a canvas too, and costs more.
  if (canvas.width !== Math.round(width * density)) [canvas.width, canvas.height] = [Math.round(width * density), Math.round(height * density)];
  const pen = canvas.getContext('2d')!;
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = LETTERS;
  return pen;
}

function stroke(pen: CanvasRenderingContext2D, color: string, points: readonly (readonly [number, number])[], width = 1, dash: readonly number[] = []): void {
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.setLineDash([...dash]);
  pen.beginPath();
  for (const [px, py] of points) pen.lineTo(px, py);
  pen.stroke();
}

function dot(pen: CanvasRenderingContext2D, color: string, [px, py]: readonly [number, number]): void {
  pen.fillStyle = color;
  pen.beginPath();
  pen.arc(px, py, 4, 0, 2 * Math.PI);
  pen.fill();
}

export function drawLines(canvas: HTMLCanvasElement, frame: Frame, { lines, marks, tickX, tickY, colors }: Drawing): void {
  const pen = penOf(canvas, frame);
  const { x, y, across, up, isLog } = frame;
  const [right, bottom] = [frame.width - EDGE.right, frame.height - EDGE.bottom];
  const write = (text: string, px: number, py: number, align: CanvasTextAlign): void => {
    pen.textAlign = align;
    pen.fillStyle = colors.text;
    pen.fillText(text, px, py);
  };
  for (const at of marksOf(across, Math.max(2, (right - EDGE.left) / MARK_EVERY))) {
    stroke(pen, colors.line, [[x(at), EDGE.top], [x(at), bottom]]);
    write(tickX(at), x(at), bottom + 18, 'center');
  }
  for (const value of isLog ? logMarks(up) : marksOf(up, 5)) {
    stroke(pen, colors.line, [[EDGE.left, y(value)], [right, y(value)]]);
    write(tickY(value), EDGE.left - 8, y(value) + 4, 'right');
  }
  pen.save();
  pen.beginPath();
  pen.rect(EDGE.left, EDGE.top - 4, right - EDGE.left, bottom - EDGE.top + 8);
  pen.clip();
  for (const { x: at, label } of marks) {
    stroke(pen, colors.strong, [[x(at), EDGE.top], [x(at), bottom]], 1, [4, 4]);
    const isLate = x(at) > right - 80;
    write(label, x(at) + (isLate ? -4 : 4), EDGE.top + 8, isLate ? 'right' : 'left');
  }
  for (const line of lines) {
    const points = pointsOf(line, frame);
    stroke(pen, line.isFaint ? `${line.color}55` : line.color, points, line.isFaint ? 1 : 2, line.dash);
    // One point alone is no line.
    if (points.length === 1) dot(pen, line.color, points[0]!);
  }
  pen.restore();
}

/** Over what has no value a line goes on. */
function pointsOf(line: Line, { x, y }: Frame): [number, number][] {
  const points: [number, number][] = [];
  line.x.forEach((at, place) => {
    const value = line.y[place];
    if (typeof value === 'number') points.push([x(at), y(value)]);
  });
  return points;
}

/**
 * @param under the x that the pointer is nearest to
 * @param drag from where to where it was drawn, in pixels
 */
export function drawPointer(canvas: HTMLCanvasElement, frame: Frame, { lines, colors }: Pick<Drawing, 'lines' | 'colors'>, under: number | undefined, drag: readonly [from: number, to: number] | undefined): void {
  const pen = penOf(canvas, frame);
  const { x, y, height, width } = frame;
  if (under !== undefined && x(under) >= EDGE.left - 1 && x(under) <= width - EDGE.right + 1) {
    stroke(pen, colors.strong, [[x(under), EDGE.top], [x(under), height - EDGE.bottom]]);
    for (const line of lines) {
      const value = line.y[line.x.indexOf(under)];
      if (typeof value === 'number' && !line.isFaint) dot(pen, line.color, [x(under), y(value)]);
    }
  }
  if (drag === undefined) return;
  pen.globalAlpha = 0.2;
  pen.fillStyle = colors.text;
  pen.fillRect(Math.min(...drag), EDGE.top, Math.abs(drag[1] - drag[0]), height - EDGE.bottom - EDGE.top);
  pen.globalAlpha = 1;
}

/** Powers of ten; where there are too few, round numbers. */
function logMarks({ low, high }: Range): number[] {
  if (high - low < DECADES) return marksOf({ low: 10 ** low, high: 10 ** high }, 5).filter((value) => value > 0);
  const first = Math.ceil(low);
  const every = Math.ceil((high - low) / 6);
  return Array.from({ length: Math.floor((high - first) / every) + 1 }, (_, at) => 10 ** (first + at * every));
}

/** From a place on the canvas to the value of x. */
export const valueAt = (pixel: number, { width, across: { low, high } }: Frame): number => low + ((pixel - EDGE.left) / (width - EDGE.left - EDGE.right)) * (high - low);

/** The x of a point that is nearest. */
export function nearestX(lines: readonly Line[], value: number): number | undefined {
  let best: number | undefined;
  for (const { x } of lines) {
    let [low, high] = [0, x.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x[middle]! < value) low = middle + 1;
      else high = middle;
    }
    for (const at of [x[low - 1], x[low]]) if (at !== undefined && (best === undefined || Math.abs(at - value) < Math.abs(best - value))) best = at;
  }
  return best;
}

// A drawing as a network takes it: strokes painted large, fitted into the room that training pictures leave, and averaged down to pixels.
import type { Look } from '../../../../contract/dataset.js';

export interface Stroke {
  color: string;
  /** Of the shorter side, 0 to 1. */
  width: number;
  /** Across and down, 0 to 1. */
  points: readonly (readonly [x: number, y: number])[];
}

/** Side of what is painted before it is averaged. */
const FINE = 336;
/** Of a dot nothing large is made. */
const MOST_SCALED = 4;

export function paint(pen: CanvasRenderingContext2D, strokes: readonly Stroke[], ground: string): void {
  const { width, height } = pen.canvas;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, width, height);
  pen.lineCap = pen.lineJoin = 'round';
  for (const { color, width: thick, points } of strokes) {
    pen.strokeStyle = color;
    pen.lineWidth = thick * Math.min(width, height);
    pen.beginPath();
    for (const [x, y] of points) pen.lineTo(x * width, y * height);
    // A dot is a stroke that goes nowhere.
    if (points.length === 1) pen.lineTo(points[0]![0] * width, points[0]![1] * height);
    pen.stroke();
  }
}

/** The same strokes, as large as the margin of the training pictures allows, in the middle. */
export function fitted(strokes: readonly Stroke[], height: number, width: number, margin: number): Stroke[] {
  const edges = strokes.flatMap(({ points, width: thick }) => points.map(([x, y]) => [x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2] as const));
  if (edges.length === 0) return [];
  const [left, top] = [Math.min(...edges.map(([at]) => at)), Math.min(...edges.map(([, at]) => at))];
  const [right, bottom] = [Math.max(...edges.map(([, , at]) => at)), Math.max(...edges.map(([, , , at]) => at))];
  const scale = Math.min(MOST_SCALED, (1 - (2 * margin) / width) / (right - left), (1 - (2 * margin) / height) / (bottom - top));
  const place = (at: number, least: number, most: number): number => 0.5 + (at - (least + most) / 2) * scale;
  return strokes.map((stroke) => ({ ...stroke, width: stroke.width * scale, points: stroke.points.map(([x, y]) => [place(x, left, right), place(y, top, bottom)] as const) }));
}

/** Raw values as in a data set, row by row, channels innermost: whole numbers from 0 to 255. */
export function pixelsOf(strokes: readonly Stroke[], ground: string, [height, width, channels]: readonly [number, number, number]): number[] {
  const each = Math.max(1, Math.round(FINE / Math.max(height, width)));
  const canvas = Object.assign(document.createElement('canvas'), { width: width * each, height: height * each });
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  paint(pen, strokes, ground);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const values: number[] = [];
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) values.push(...averaged(x, y));
  return values;

  function averaged(x: number, y: number): number[] {
    const sums = [0, 0, 0];
    for (let row = y * each; row < (y + 1) * each; row += 1) {
      for (let column = x * each; column < (x + 1) * each; column += 1) {
        for (let channel = 0; channel < 3; channel += 1) sums[channel]! += data[4 * (row * canvas.width + column) + channel]!;
      }
    }
    const [red, green, blue] = sums.map((sum) => sum / each ** 2) as [number, number, number];
    // Grey as sRGB pictures are made grey (Rec. 709 luma).
    return channels === 1 ? [Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue)] : [red, green, blue].map(Math.round);
  }
}

/** Nested lists of the input's shape. */
export const nested = (values: readonly number[], [height, width, channels]: readonly [number, number, number]): (number | number[])[][] =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (__, x) => {
    const at = (y * width + x) * channels;
    return channels === 1 ? values[at]! : values.slice(at, at + channels);
  }));

/** Whether what is shown lies on a dark ground; MNIST's does, for want of anything known. */
export const isDark = (look: Look | undefined): boolean => look === undefined || look.edge <= look.mean;

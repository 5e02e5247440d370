// The preview of a picture data set: one sheet with some examples of each class, the same ones each time.
import type { PreviewSheet } from '../../contract/dataset-report.js';
import { partsIn, type PartName } from '../../contract/parts.js';
import { permutation } from '../../engine/random.js';
import type { PackedDataset } from '../packed.js';
import type { Labels } from '../packed-writer.js';
import { eachRow, type RowValues } from '../rows.js';
import { isPicture, type Picture } from './png.js';

const MOST_CELLS = 400;
const MOST_OF_A_CLASS = 10;
/** Where there are no classes. */
const CELLS_OF_VALUES = 100;
/** Of so many classes each has a line of its own. */
const USUAL_COLUMNS = 20;
/** Larger pictures are made smaller by whole steps, small ones larger. */
const CELL_PIXELS = 64;
const GAP_PIXELS = 2;
const GAP_VALUE = 255;
const SEED = 1;

/** Least and largest value, which are shown as black and white. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Bytes are shown as they are, other numbers from the least to the largest of them. */
export function shownRange(values: RowValues): Range {
  if (values instanceof Uint8Array) return BYTES;
  return { min: values.reduce((least, value) => (value < least ? value : least), Infinity), max: values.reduce((most, value) => (value > most ? value : most), -Infinity) };
}
export const BYTES: Range = { min: 0, max: 255 };

/** Values as bytes. What is missing is shown as black. */
export function shadesOf(values: RowValues, { min, max }: Range): Uint8Array {
  const scale = max > min ? 255 / (max - min) : 0;
  const shades = new Uint8ClampedArray(values.length);
  for (let at = 0; at < shades.length; at += 1) shades[at] = Math.round((values[at]! - min) * scale);
  return new Uint8Array(shades.buffer);
}

/** The sheet and what lies where on it; undefined where the examples are no pictures. Reads each chunk that it needs once. */
export async function previewOf(packed: PackedDataset, range: Range): Promise<{ sheet: PreviewSheet; picture: Picture } | undefined> {
  const { input_shape: shape, class_names: classNames, parts: summaries, target } = packed.content;
  if (!isPicture(shape)) return undefined;
  const names = partsIn(summaries);
  const parts = await Promise.all(names.map((part) => packed.part(part)));
  const ofClass = perClass(classNames.length);
  const cells = target
    ? drawnOf('train', summaries.train.examples)
    : drawnByClass(names, parts.map(({ labels }) => labels), names.map((part) => summaries[part]!.class_counts), ofClass);
  if (cells.length === 0) return undefined;
  const grid = gridOf(shape, cells.length, ofClass);
  for (const [place, part] of names.entries()) {
    const mine = [...cells.keys()].filter((at) => cells[at]!.part === part).sort((one, other) => cells[one]!.index - cells[other]!.index);
    await eachRow(parts[place]!.rows, mine.map((at) => cells[at]!.index), (row, at) => grid.draw(mine[at]!, shadesOf(row, range)));
  }
  const { columns, cellWidth, cellHeight } = grid;
  return { sheet: { columns, cell_width: cellWidth, cell_height: cellHeight, gap: GAP_PIXELS, cells }, picture: grid.picture };
}

const perClass = (classes: number): number => Math.min(MOST_OF_A_CLASS, Math.max(1, Math.floor(MOST_CELLS / classes)));

type Cell = PreviewSheet['cells'][number];

/** Some examples of one part, drawn by seed. */
const drawnOf = (part: PartName, examples: number): Cell[] =>
  Array.from(permutation(SEED, 'preview', 0, examples).subarray(0, CELLS_OF_VALUES), (index) => ({ part, index, label: null }));

/** Of each class some examples, drawn by seed: those of the train part, or where it has none those of a later one. By class, then as drawn. */
function drawnByClass(names: readonly PartName[], labels: readonly Labels[], classCounts: readonly (readonly number[])[], ofClass: number): Cell[] {
  const cells: (Cell & { label: number })[] = [];
  const classes = classCounts[0]!.length;
  labels.forEach((ofPart, place) => {
    const counts = classCounts[place]!;
    /** The cell of the nth example of a class, for those that were drawn. */
    const wanted = Array.from({ length: Math.min(classes, MOST_CELLS) }, (_, label) => {
      const isFirst = counts[label]! > 0 && classCounts.slice(0, place).every((earlier) => earlier[label] === 0);
      const drawn = isFirst ? permutation(SEED, 'preview', label, counts[label]!).subarray(0, ofClass) : new Uint32Array(0);
      return new Map(Array.from(drawn, (nth) => {
        const cell = { part: names[place]!, index: 0, label };
        cells.push(cell);
        return [nth, cell];
      }));
    });
    const seen = new Uint32Array(classes);
    ofPart.forEach((label, index) => {
      const cell = wanted[label]?.get(seen[label]!++);
      if (cell) cell.index = index;
    });
  });
  return cells.sort((one, other) => one.label - other.label);
}

function gridOf([height = 1, width = 1, channels = 1]: readonly number[], cells: number, ofClass: number) {
  const columns = Math.min(cells, ofClass === MOST_OF_A_CLASS ? ofClass : ofClass * Math.floor(USUAL_COLUMNS / ofClass));
  const larger = Math.max(height, width);
  const smaller = Math.ceil(larger / CELL_PIXELS);
  const times = Math.max(1, Math.floor(CELL_PIXELS / larger));
  const cellWidth = Math.ceil(width / smaller) * times;
  const cellHeight = Math.ceil(height / smaller) * times;
  const sheetWidth = columns * (cellWidth + GAP_PIXELS) + GAP_PIXELS;
  const sheetHeight = Math.ceil(cells / columns) * (cellHeight + GAP_PIXELS) + GAP_PIXELS;
  const picture: Picture = { width: sheetWidth, height: sheetHeight, channels, values: new Uint8Array(sheetWidth * sheetHeight * channels).fill(GAP_VALUE) };
  return {
    columns,
    cellWidth,
    cellHeight,
    picture,
    draw(cell: number, shades: Uint8Array): void {
      const left = GAP_PIXELS + (cell % columns) * (cellWidth + GAP_PIXELS);
      const top = GAP_PIXELS + Math.floor(cell / columns) * (cellHeight + GAP_PIXELS);
      for (let y = 0; y < cellHeight; y += 1) {
        for (let x = 0; x < cellWidth; x += 1) {
          for (let channel = 0; channel < channels; channel += 1) {
            const shade = smaller > 1 ? meanShade(x, y, channel) : shades[(Math.floor(y / times) * width + Math.floor(x / times)) * channels + channel]!;
            picture.values[((top + y) * sheetWidth + left + x) * channels + channel] = shade;
          }
        }
      }

      function meanShade(x: number, y: number, channel: number): number {
        let sum = 0;
        let count = 0;
        for (let row = y * smaller; row < Math.min(height, (y + 1) * smaller); row += 1) {
          for (let column = x * smaller; column < Math.min(width, (x + 1) * smaller); column += 1, count += 1) sum += shades[(row * width + column) * channels + channel]!;
        }
        return Math.round(sum / count);
      }
    },
  };
}

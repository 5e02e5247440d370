// How pictures look to a network: how bright they are and how much that varies, what their edge is, and how wide a margin they have. A network
// that learnt from others may be worth less than none (docs/guide.md, "Where source and target look different").
import type { Look } from '../contract/dataset.js';
import type { Shape } from '../contract/shape.js';
import { pixelRuns, type PixelRuns } from './pixel-runs.js';
import { isPicture } from './report/png.js';
import type { RowValues } from './rows.js';

/** Part of the deviation by which the mean of a frame of background may differ from that of the outermost: of digits in the middle of 28 px the fourth is such. */
const ALIKE = 0.05;

export class RunningLook {
  /** Of each pixel, how many frames of pixels lie around it. */
  private readonly runs: PixelRuns;
  /** Values of a picture. */
  private readonly width: number;
  /** Of the values of each frame. */
  private readonly sums: Float64Array;
  private readonly counts: Float64Array;
  private squares = 0;
  private readonly channels: number;

  /** @param shape height, width, channels */
  constructor([height = 0, width = 0, channels = 0]: Shape) {
    this.channels = channels;
    const frameOf = Uint16Array.from({ length: height * width }, (_, pixel) => {
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      return Math.min(row, column, height - 1 - row, width - 1 - column);
    });
    this.runs = pixelRuns(frameOf);
    this.width = frameOf.length * channels;
    const frames = Math.ceil(Math.min(height, width) / 2);
    this.sums = new Float64Array(frames);
    this.counts = new Float64Array(frames);
  }

  /** @returns undefined for what is no picture */
  static ofPictures = (shape: Shape): RunningLook | undefined => (isPicture(shape) ? new RunningLook(shape) : undefined);

  /** @param values whole pictures; a missing value counts nowhere */
  add(values: RowValues): void {
    const { runs, sums, counts, channels, width } = this;
    let squares = 0;
    for (let from = 0; from < values.length; from += width) {
      for (let run = 0, at = from; run < runs.places.length; run += 1) {
        let [sum, count] = [0, 0];
        for (const end = at + runs.pixels[run]! * channels; at < end; at += 1) {
          const value = values[at]!;
          if (value !== value) continue;
          sum += value;
          count += 1;
          squares += value * value;
        }
        const frame = runs.places[run]!;
        sums[frame]! += sum;
        counts[frame]! += count;
      }
    }
    this.squares += squares;
  }

  /** @param divideBy what the network has every value divided by @returns undefined where there was no value at the edge */
  of(divideBy: number): Look | undefined {
    const total = (numbers: Float64Array): number => numbers.reduce((sum, number) => sum + number, 0);
    const count = total(this.counts);
    if (this.counts[0] === 0) return undefined;
    const mean = total(this.sums) / count;
    const deviation = Math.sqrt(Math.max(0, this.squares / count - mean * mean));
    const frames = Array.from(this.sums, (sum, frame) => sum / this.counts[frame]!);
    const edge = frames[0]!;
    const other = frames.findIndex((frame) => !(Math.abs(frame - edge) <= ALIKE * deviation));
    return { mean: mean / divideBy, deviation: deviation / divideBy, edge: edge / divideBy, margin: other <= 1 ? 0 : other };
  }
}

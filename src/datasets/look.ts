// How pictures look to a network: how bright they are and how much that varies, what their edge is, and how wide a margin they have. A network
// that learnt from others may be worth less than none (docs/guide.md, "Where source and target look different").
import type { Look } from '../contract/dataset.js';
import { volume, type Shape } from '../contract/shape.js';
import { isPicture } from './report/png.js';
import type { RowValues } from './rows.js';

/** Part of the deviation by which the mean of a frame of background may differ from that of the outermost: of digits in the middle of 28 px the fourth is such. */
const ALIKE = 0.05;

export class RunningLook {
  /** Of each value of a picture, what it was in all pictures together: a plain loop, several times as fast as one that asks of each value which frame it is of. */
  private readonly sums: Float64Array;
  /** In how many pictures it was missing. */
  private readonly missing: Float64Array;
  private pictures = 0;
  private squares = 0;

  /** @param shape height, width, channels */
  constructor(private readonly shape: Shape) {
    this.sums = new Float64Array(volume(shape));
    this.missing = new Float64Array(volume(shape));
  }

  /** @returns undefined for what is no picture */
  static ofPictures = (shape: Shape): RunningLook | undefined => (isPicture(shape) ? new RunningLook(shape) : undefined);

  /** @param values whole pictures; a missing value counts nowhere */
  add(values: RowValues): void {
    const { sums, missing } = this;
    for (let from = 0; from < values.length; from += sums.length) {
      let squares = 0;
      for (let at = 0; at < sums.length; at += 1) {
        const value = values[from + at]!;
        if (value !== value) missing[at]! += 1;
        else {
          sums[at]! += value;
          squares += value * value;
        }
      }
      this.squares += squares;
      this.pictures += 1;
    }
  }

  /** @param divideBy what the network has every value divided by @returns undefined where there was no value at the edge */
  of(divideBy: number): Look | undefined {
    const { sums, counts } = this.frames();
    const total = (numbers: Float64Array): number => numbers.reduce((sum, number) => sum + number, 0);
    const count = total(counts);
    if (counts[0] === 0) return undefined;
    const mean = total(sums) / count;
    const deviation = Math.sqrt(Math.max(0, this.squares / count - mean * mean));
    const frames = Array.from(sums, (sum, frame) => sum / counts[frame]!);
    const edge = frames[0]!;
    const other = frames.findIndex((frame) => !(Math.abs(frame - edge) <= ALIKE * deviation));
    return { mean: mean / divideBy, deviation: deviation / divideBy, edge: edge / divideBy, margin: other <= 1 ? 0 : other };
  }

  /** The values of each frame of pixels, from the outermost, together. */
  private frames(): { sums: Float64Array; counts: Float64Array } {
    const [height = 0, width = 0, channels = 0] = this.shape;
    const frames = Math.ceil(Math.min(height, width) / 2);
    const [sums, counts] = [new Float64Array(frames), new Float64Array(frames)];
    this.sums.forEach((sum, at) => {
      const pixel = Math.floor(at / channels);
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      const frame = Math.min(row, column, height - 1 - row, width - 1 - column);
      sums[frame]! += sum;
      counts[frame]! += this.pictures - this.missing[at]!;
    });
    return { sums, counts };
  }
}

// Numbers that values are multiplied by and that are then added to them, one for all or one for each channel, as a graph does it in
// several nodes; as one pair, so that a kernel before them can take them in.
import type { StoredWeight } from '../source.js';

export interface AffineStep {
  does: 'multiply' | 'divide' | 'add' | 'subtract';
  /** One number, or one for each channel. */
  by: StoredWeight;
}

/** Each is done for every channel. */
const MOST_STEPS = 16;

export class Affine {
  private readonly steps: AffineStep[] = [];

  /** @returns false where there would be too many */
  then(steps: readonly AffineStep[]): boolean {
    if (this.steps.length + steps.length > MOST_STEPS) return false;
    this.steps.push(...steps);
    return true;
  }

  get scales(): boolean {
    return this.steps.some(({ does }) => does === 'multiply' || does === 'divide');
  }

  get shifts(): boolean {
    return this.steps.some(({ does }) => does === 'add' || does === 'subtract');
  }

  /** How many channels its numbers speak of; undefined where they are the same for all. */
  get channels(): number | undefined {
    return this.steps.map(({ by }) => countOf(by)).find((count) => count !== 1);
  }

  /** What each channel is multiplied by, and what is then added, in the precision of JavaScript. */
  of(channels: number): { scale: Float64Array; offset: Float64Array } {
    const [scale, offset] = [new Float64Array(channels).fill(1), new Float64Array(channels)];
    for (const { does, by } of this.steps) {
      const values = by.values();
      for (let at = 0; at < channels; at += 1) {
        const value = values[values.length === 1 ? 0 : at]!;
        if (does === 'add') offset[at]! += value;
        else if (does === 'subtract') offset[at]! -= value;
        else {
          const factor = does === 'divide' ? 1 / value : value;
          scale[at]! *= factor;
          offset[at]! *= factor;
        }
      }
    }
    return { scale, offset };
  }
}

/** How many numbers a constant holds. */
export const countOf = ({ shape }: StoredWeight): number => shape.reduce((product, size) => product * size, 1);

/** Whether a constant, spread over values of that rank, is one number, or one for each of so many channels along the last axis. */
export function isByChannel(constant: StoredWeight, rank: number, channels: number): boolean {
  const { shape } = constant;
  const count = countOf(constant);
  return shape.length <= rank && (count === 1 || (count === channels && shape.at(-1) === channels));
}

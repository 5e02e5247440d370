// From numbers to places in a drawing, and round marks along an axis.

export interface Range {
  low: number;
  high: number;
}

/** All values, and something around them where they are all the same. */
export function rangeOf(values: readonly number[]): Range {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low < high) return { low, high };
  const room = Math.abs(low) / 10 || 1;
  return { low: low - room, high: high + room };
}

/** From a number to a place between `from` and `to`, to a tenth of a pixel. */
export const scaled = ({ low, high }: Range, from: number, to: number) => (value: number): number =>
  Math.round(10 * (from + ((value - low) / (high - low)) * (to - from))) / 10;

/** About so many round numbers within. */
export function marksOf({ low, high }: Range, count = 4): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

// How far numbers that were drawn are from the distribution they should have.

/** The largest distance between the empirical distribution and the one given (Kolmogorov and Smirnov). */
export function distance(drawn: ArrayLike<number>, distribution: (value: number) => number): number {
  const sorted = Float64Array.from(drawn).sort();
  return sorted.reduce((largest, value, at) => {
    const wanted = distribution(value);
    return Math.max(largest, wanted - at / sorted.length, (at + 1) / sorted.length - wanted);
  }, 0);
}

/** What the distance of so many draws exceeds once in a thousand times. */
export const likelyDistance = (draws: number): number => 1.95 / Math.sqrt(draws);

export const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

export const varianceOf = (values: ArrayLike<number>): number => {
  const mean = meanOf(values);
  return meanOf(Array.from(values, (value) => (value - mean) ** 2));
};

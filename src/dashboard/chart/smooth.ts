// Exponential moving average that knows how far points lie apart and that it began somewhere (Weights & Biases, "Time weighted EMA").

/**
 * @param weight 0: as it is; towards 1: ever smoother
 * @returns as many values; where there is none, none
 */
export function smoothed(x: readonly number[], y: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...y];
  const kept = Math.min(Math.sqrt(weight), 0.999);
  const first = x[0] ?? 0;
  const span = (x.at(-1) ?? 0) - first;
  // A step is one of as many as there are points, whatever the unit of x.
  const unit = span > 0 ? span / Math.max(1, y.length - 1) : 1;
  let [last, debias, at] = [0, 0, first];
  return y.map((value, place) => {
    if (value === null) return null;
    const old = kept ** (((x[place]! - at) / unit) || 1);
    at = x[place]!;
    last = last * old + (1 - old) * value;
    debias = debias * old + (1 - old);
    return last / debias;
  });
}

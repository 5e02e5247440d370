// Least, largest, mean and deviation of the values of each channel or column, from one pass over the rows: each batch on its own, then
// joined by the formulas of Chan, Golub and LeVeque (1979), which lose nothing where the mean is large and the deviation small.
import type { VALUES_BY, ValueStatistics } from '../../contract/dataset-report.js';
import type { Shape } from '../../contract/shape.js';
import type { RowValues } from '../rows.js';

/** Vectors that are longer have their values taken together. */
const MOST_COLUMNS = 10_000;

export type ValuesBy = (typeof VALUES_BY)[number];

/** What the last axis of a row is, and with that, which values belong together. */
export function valuesBy(shape: Shape): { by: ValuesBy; groups: number } {
  const last = shape.at(-1) ?? 1;
  if (last > MOST_COLUMNS) return { by: 'all', groups: 1 };
  return { by: shape.length > 1 ? 'channel' : 'column', groups: last };
}

export class RunningStatistics {
  private readonly present: Float64Array;
  private readonly missing: Float64Array;
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly mean: Float64Array;
  /** Sum of squared distances from the mean. */
  private readonly squares: Float64Array;

  /** Value i of a row belongs to group i mod `groups`. */
  constructor(private readonly groups: number) {
    this.present = new Float64Array(groups);
    this.missing = new Float64Array(groups);
    this.min = new Float64Array(groups).fill(Infinity);
    this.max = new Float64Array(groups).fill(-Infinity);
    this.mean = new Float64Array(groups);
    this.squares = new Float64Array(groups);
  }

  /** @param values whole rows */
  add(values: RowValues): void {
    for (let group = 0; group < this.groups; group += 1) {
      this.join(group, values.length / this.groups, values instanceof Uint8Array ? momentsOfBytes(values, group, this.groups) : momentsOf(values, group, this.groups));
    }
  }

  private join(group: number, values: number, { count, min, max, mean, squares }: Moments): void {
    this.missing[group]! += values - count;
    if (count === 0) return;
    const before = this.present[group]!;
    const all = before + count;
    const apart = mean - this.mean[group]!;
    this.squares[group]! += squares + (apart * apart * before * count) / all;
    this.mean[group]! += (apart * count) / all;
    this.present[group] = all;
    this.min[group] = Math.min(min, this.min[group]!);
    this.max[group] = Math.max(max, this.max[group]!);
  }

  of(group: number): ValueStatistics {
    const present = this.present[group]!;
    const missing = this.missing[group]!;
    const share = missing === 0 ? 0 : missing / (missing + present);
    if (present === 0) return { min: null, max: null, mean: null, deviation: null, missing: share };
    return { min: this.min[group]!, max: this.max[group]!, mean: this.mean[group]!, deviation: Math.sqrt(this.squares[group]! / present), missing: share };
  }

  all(): ValueStatistics[] {
    return Array.from({ length: this.groups }, (_, group) => this.of(group));
  }
}

/** What one batch has of a group. */
interface Moments {
  count: number;
  min: number;
  max: number;
  mean: number;
  /** Sum of squared distances from the mean. */
  squares: number;
}

function momentsOf(values: RowValues, group: number, groups: number): Moments {
  let [count, sum, min, max, squares] = [0, 0, Infinity, -Infinity, 0];
  for (let at = group; at < values.length; at += groups) {
    const value = values[at]!;
    if (value !== value) continue;
    count += 1;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / count;
  for (let at = group; at < values.length; at += groups) {
    const distance = values[at]! - mean;
    if (distance === distance) squares += distance * distance;
  }
  return { count, min, max, mean, squares };
}

/** The same in one pass: sums of bytes and of their squares are exact, and none is missing. */
function momentsOfBytes(bytes: Uint8Array, group: number, groups: number): Moments {
  let [sum, min, max, squares] = [0, 255, 0, 0];
  for (let at = group; at < bytes.length; at += groups) {
    const value = bytes[at]!;
    sum += value;
    squares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const count = bytes.length / groups;
  return { count, min, max, mean: sum / count, squares: squares - (sum * sum) / count };
}

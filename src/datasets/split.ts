// Stratified splits: part of every class is taken out by seed, so that both sides show the classes in the same proportions.
import { permutation } from '../engine/random.js';

export interface Split {
  /** Indices of the examples that stay, ascending. */
  readonly kept: Uint32Array;
  /** Indices of the examples taken out, ascending. */
  readonly taken: Uint32Array;
}

/** How many of a class's examples are taken: the fraction, rounded, but one at least and never all. A class of one gives none. */
function takenOf(examples: number, fraction: number): number {
  if (fraction === 0 || examples < 2) return 0;
  return Math.min(examples - 1, Math.max(1, Math.round(examples * fraction)));
}

/** How many examples `stratifiedSplit` takes from classes of these sizes. */
export const validationCount = (classCounts: readonly number[], fraction: number): number =>
  classCounts.reduce((sum, examples) => sum + takenOf(examples, fraction), 0);

/** How many it leaves of each class. */
export const keptCounts = (classCounts: readonly number[], fraction: number): number[] =>
  classCounts.map((examples) => examples - takenOf(examples, fraction));

/** Splits examples that have no classes: part of all is taken. */
export const plainSplit = (examples: number, fraction: number, seed: number, site: string): Split =>
  stratifiedSplit(new Int32Array(examples), 1, fraction, seed, site);

/**
 * Splits examples by label. Which of a class's examples are taken depends on seed, site, class and the class's size alone.
 * @param labels class of each example, 0 to classes - 1
 * @param fraction share to take out, 0 to below 1
 * @param site name of the place that draws, such as "test_split"
 */
export function stratifiedSplit(labels: Int32Array, classes: number, fraction: number, seed: number, site: string): Split {
  const members = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, index) => members[label]?.push(index));

  const isTaken = new Uint8Array(labels.length);
  members.forEach((indices, label) => {
    const order = permutation(seed, site, label, indices.length);
    for (const at of order.subarray(0, takenOf(indices.length, fraction))) isTaken[indices[at] as number] = 1;
  });

  const all = Uint32Array.from(labels.keys());
  return { kept: all.filter((index) => isTaken[index] === 0), taken: all.filter((index) => isTaken[index] === 1) };
}

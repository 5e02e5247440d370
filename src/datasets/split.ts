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
  const isTaken = new Uint8Array(labels.length);
  membersOf(labels, classes).forEach((indices, label) => {
    const order = permutation(seed, site, label, indices.length);
    for (const at of order.subarray(0, takenOf(indices.length, fraction))) isTaken[indices[at]!] = 1;
  });
  return { kept: placesOf(isTaken, 0), taken: placesOf(isTaken, 1) };
}

// Ten million rows are not rare in a table: lists of numbers would take ten times as much as these arrays.

/** Indices of the examples of each class, ascending. */
function membersOf(labels: Int32Array, classes: number): Uint32Array[] {
  const counts = new Uint32Array(classes);
  for (const label of labels) if (label >= 0 && label < classes) counts[label]! += 1;
  const members = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(classes);
  for (let index = 0; index < labels.length; index += 1) {
    const label = labels[index]!;
    if (members[label]) members[label][filled[label]!++] = index;
  }
  return members;
}

/** Where the mark is, ascending. */
function placesOf(marks: Uint8Array, mark: 0 | 1): Uint32Array {
  let count = 0;
  for (const each of marks) if (each === mark) count += 1;
  const places = new Uint32Array(count);
  for (let index = 0, at = 0; index < marks.length; index += 1) if (marks[index] === mark) places[at++] = index;
  return places;
}

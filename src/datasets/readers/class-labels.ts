// Classes of examples, as a source gives them: by number, or by name.
import { ServiceError } from '../../contract/errors.js';
import { byCodeUnits, inNaturalOrder } from '../natural-order.js';
import { countClasses } from '../raw-dataset.js';

/** The classes of one part, and the file that says so. */
export interface Labelled {
  readonly name: string;
  readonly labels: Int32Array;
}

/** "0", "1", … up to the largest label of any part. */
export function namesOfNumbers(parts: readonly Labelled[]): string[] {
  const largest = parts.map(({ labels }) => labels.reduce((most, label) => Math.max(most, label), 0));
  return Array.from({ length: Math.max(...largest) + 1 }, (_, label) => String(label));
}

/** Names that are all whole numbers are in the order of those, others in that of their code units. */
export const inClassOrder = (names: readonly string[]): string[] =>
  names.every((name) => /^[0-9]+$/.test(name)) ? inNaturalOrder(names, (name) => name) : [...names].sort(byCodeUnits);

/** @throws LABEL_OUT_OF_RANGE, or CLASSES_TOO_FEW where fewer than two classes have examples */
export function requireLabels(parts: readonly Labelled[], classes: number): void {
  const counts = new Array<number>(classes).fill(0);
  for (const { name, labels } of parts) {
    const wrong = labels.findIndex((label) => label < 0 || label >= classes);
    if (wrong >= 0) throw ServiceError.of('LABEL_OUT_OF_RANGE', name, wrong, labels[wrong] as number, classes);
    countClasses(labels, classes).forEach((count, label) => (counts[label] = (counts[label] as number) + count));
  }
  const seen = counts.filter((count) => count > 0).length;
  if (seen < 2) throw ServiceError.of('CLASSES_TOO_FEW', seen);
}

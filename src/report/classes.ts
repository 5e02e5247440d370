// Class by class: how many of it were found, how many of those taken for it were it, and how much better that is than from scratch.
import type { ReportedClass } from '../contract/transfer-report.js';
import { partnerOf, type RunResult } from '../contract/run.js';
import { proportionOf } from './wilson.js';

/** Counts of examples of each class (rows) by the class predicted (columns). */
export type Confusion = readonly (readonly number[])[];

/** Of the first run, with the mean difference from their partners over all pairs; null where there is no confusion matrix. */
export function classesOf(names: readonly string[], runs: readonly RunResult[]): ReportedClass[] | null {
  const mains = runs.filter(({ role }) => role === 'main');
  const published = mains[0]?.confusion_matrix;
  if (!published) return null;
  const pairs = mains.flatMap((main) => {
    const [transfer, scratch] = [main.confusion_matrix, partnerOf(main, runs)?.confusion_matrix];
    return transfer && scratch ? [{ transfer, scratch }] : [];
  });
  return names.map((name, at) => {
    const examples = sum(published[at]!);
    const recall = recallOf(published, at);
    const difference = (measure: typeof recallOf): number | null => meanOrNull(pairs.map(({ transfer, scratch }) => lessOrNull(measure(transfer, at), measure(scratch, at))));
    return {
      name,
      examples,
      recall: recall === null ? null : proportionOf(recall, examples),
      precision: precisionOf(published, at),
      recall_difference: difference(recallOf),
      precision_difference: difference(precisionOf),
    };
  });
}

/** The part of the examples of a class that was taken for it; null without any. */
export const recallOf = (confusion: Confusion, at: number): number | null => shareOrNull(confusion[at]![at]!, sum(confusion[at]!));

/** The part of the examples taken for a class that are of it; null where none was. */
export const precisionOf = (confusion: Confusion, at: number): number | null => shareOrNull(confusion[at]![at]!, sum(confusion.map((row) => row[at]!)));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const shareOrNull = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const lessOrNull = (value: number | null, other: number | null): number | null => (value === null || other === null ? null : value - other);
/** null where there is nothing, or one of the values is missing. */
const meanOrNull = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : sum(known) / known.length;
};

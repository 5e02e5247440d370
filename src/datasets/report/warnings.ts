// What may go wrong in training, told from what was found in a data set. Pure functions of it.
import { IMBALANCE_RATIO, MOST_WARNING_EXAMPLES, SMALL_CLASS, WARNINGS, type ValueStatistics, type Warning, type WarningCode } from '../../contract/dataset-report.js';
import type { DatasetContent } from '../../contract/dataset.js';
import { partsIn } from '../../contract/parts.js';
import { suspectNames } from './label-typos.js';
import type { Alike, DuplicatesFound } from './survey.js';

type WarningExample = Warning['examples'][number];

/** A warning, unless there is nothing to warn of. */
function warning(code: WarningCode, count: number, facts: readonly number[], examples: readonly WarningExample[]): Warning[] {
  if (count === 0) return [];
  const say: (...facts: number[]) => string = WARNINGS[code];
  return [{ code, message: say(...facts), count, examples: examples.slice(0, MOST_WARNING_EXAMPLES) }];
}

const ofClasses = (...classes: string[]): WarningExample => ({ rows: [], classes, columns: [] });

export const skippedRows = (skipped: number, read: number): Warning[] => warning('ROWS_SKIPPED', skipped, [skipped, read], []);

/** None where the task is regression. */
export function classWarnings({ class_names: names, parts }: Pick<DatasetContent, 'class_names' | 'parts'>): Warning[] {
  const { class_counts: train } = parts.train;
  const { class_counts: test } = parts.test;
  const all = names.map((_, at) => partsIn(parts).reduce((sum, part) => sum + parts[part]!.class_counts[at]!, 0));
  const those = (is: (at: number) => boolean): string[] => names.filter((_, at) => is(at));
  const each = (code: WarningCode, classes: string[]): Warning[] => warning(code, classes.length, [classes.length], classes.map((name) => ofClasses(name)));
  const typos = suspectNames(names, all);
  return [
    ...each('CLASS_SMALL', those((at) => all[at]! < SMALL_CLASS)),
    ...imbalance(names, train),
    ...each('CLASS_MISSING_IN_TRAIN', those((at) => train[at] === 0 && all[at]! > 0)),
    ...each('CLASS_MISSING_IN_TEST', those((at) => test[at] === 0 && all[at]! > 0)),
    ...warning('LABEL_TYPO', typos.length, [typos.length], typos.map((pair) => ofClasses(...pair.map((at) => names[at]!)))),
  ];
}

function imbalance(names: readonly string[], counts: readonly number[]): Warning[] {
  const present = [...counts.keys()].filter((at) => counts[at]! > 0).sort((one, other) => counts[one]! - counts[other]! || one - other);
  const [smallest, largest] = [present[0], present.at(-1)];
  if (smallest === undefined || largest === undefined || counts[largest]! < IMBALANCE_RATIO * counts[smallest]!) return [];
  const ratio = Math.round((10 * counts[largest]!) / counts[smallest]!) / 10;
  return warning('CLASS_IMBALANCE', 1, [ratio], [ofClasses(names[largest]!, names[smallest]!)]);
}

/** @param train statistics of each channel or column */
export function constantInputs(train: readonly ValueStatistics[]): Warning[] {
  const columns = [...train.keys()].filter((at) => train[at]!.min === train[at]!.max);
  return warning('CONSTANT_INPUT', columns.length, [columns.length], columns.map((column) => ({ rows: [], classes: [], columns: [column] })));
}

export function duplicateWarnings({ counts, across, within, conflicts }: DuplicatesFound, names: readonly string[]): Warning[] {
  const shown = (found: readonly Alike[]): WarningExample[] =>
    found.map(({ rows, labels }) => ({ rows: [...rows], classes: labels.map((label) => names[label]!), columns: [] }));
  const of = (code: WarningCode, { exact, near }: { exact: number; near: number }, found: readonly Alike[]): Warning[] => warning(code, exact + near, [exact, near], shown(found));
  return [
    ...of('DUPLICATES_ACROSS_PARTS', counts.across_parts, across),
    ...of('DUPLICATES_WITHIN_PART', counts.within_parts, within),
    ...warning('LABEL_CONFLICT', counts.label_conflicts, [counts.label_conflicts], shown(conflicts)),
  ];
}

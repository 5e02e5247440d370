// What fewer bits cost: the accuracy of a network before and after, or its error where values are told.
import type { ExportAccuracy } from '../contract/export-report.js';
import { ServiceError } from '../contract/errors.js';

/** What is right of some examples: their classes, by their place among the outputs, or their values. */
export type Truth = { classes: ArrayLike<number> } | { values: Float32Array };

/** The class of each example: of the greatest output, or where there is one alone, whether it is over a half. */
export function toldClasses(outputs: Float32Array, count: number): Int32Array {
  const width = outputs.length / count;
  return Int32Array.from({ length: count }, (_, row) => {
    if (width === 1) return outputs[row]! > 0.5 ? 1 : 0;
    const own = outputs.subarray(row * width, (row + 1) * width);
    return own.indexOf(own.reduce((most, value) => Math.max(most, value), -Infinity));
  });
}

const accuracyOf = (outputs: Float32Array, classes: ArrayLike<number>): number =>
  toldClasses(outputs, classes.length).reduce((right, told, row) => right + (told === classes[row] ? 1 : 0), 0) / classes.length;
const errorOf = (outputs: Float32Array, values: Float32Array): number => outputs.reduce((sum, value, at) => sum + Math.abs(value - values[at]!), 0) / values.length;

/** @param before @param after outputs of the model, and of the quantised one, for the same examples */
export function measuredAccuracy(before: Float32Array, after: Float32Array, truth: Truth): Pick<ExportAccuracy, 'metric' | 'before' | 'after' | 'drop'> {
  if ('classes' in truth) {
    const [was, is] = [accuracyOf(before, truth.classes), accuracyOf(after, truth.classes)];
    return { metric: 'accuracy', before: was, after: is, drop: was - is };
  }
  const [was, is] = [errorOf(before, truth.values), errorOf(after, truth.values)];
  return { metric: 'mean_absolute_error', before: was, after: is, drop: was === 0 ? (is === 0 ? 0 : Number.MAX_VALUE) : is / was - 1 };
}

/** @throws EXPORT_INACCURATE */
export function requireAccurate({ metric, before, after, drop }: Pick<ExportAccuracy, 'metric' | 'before' | 'after' | 'drop'>, maxDrop: number | null): void {
  if (maxDrop === null || drop <= maxDrop) return;
  throw ServiceError.of('EXPORT_INACCURATE', metric, before.toPrecision(4), after.toPrecision(4), String(maxDrop));
}

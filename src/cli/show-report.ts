// A report as a person wants to see it: the numbers that decide, and where the rest is.
import type { CompareReport, EvaluateReport, ExplainReport, ExportReport, RateReport, TransferReport } from '../client/index.js';
import { note, print, shortNumber, sizeText, table } from './output.js';

export function showReport(report: TransferReport | EvaluateReport | ExplainReport | ExportReport | CompareReport | RateReport): void {
  if (report.object === 'compare_report') showComparison(report);
  else if (report.object === 'evaluate_report') showEvaluation(report);
  else if (report.object === 'explain_report') showExplanation(report);
  else if (report.object === 'export_report') showExport(report);
  // Of the others the document itself: a page with curves is at --html.
  else print(JSON.stringify(report, null, 2));
}

function showComparison({ candidates, best, metric }: CompareReport): void {
  const number = (value: number | null): string | null => (value === null ? null : shortNumber(value));
  table(
    candidates.map(({ name, mean, low, high, seconds, to_best: toBest, seeds }) => ({
      candidate: name === best ? `${name} *` : name, seeds: seeds.length, [metric]: number(mean), low: number(low), high: number(high),
      seconds: number(seconds), 'than the best': toBest?.verdict ?? null,
    })),
    'No candidate was trained.',
  );
}

/** A line for each example, and one for each column of a table. */
function showExplanation({ examples, permutation_importance: permuted, task }: ExplainReport): void {
  if (examples.length > 0) {
    table(
      examples.map(({ example: { index, true: truth, predicted, loss }, output, nearest_examples: nearest }) => ({
        example: String(index), true: String(truth), predicted: String(predicted), loss: loss === null ? null : shortNumber(loss), explained: output.name,
        ...(nearest && { nearest: nearest.map(({ index: at, true: its }) => (task === 'classification' ? `${at} (${String(its)})` : String(at))).join(', ') }),
      })),
      'No example was explained.',
    );
  }
  if (!permuted) return;
  const { metric, value, columns } = permuted;
  print(`${metric} ${shortNumber(value)}; by how much it gets worse when a column is shuffled:`);
  table(columns.map(({ column, importance, interval }) => ({ column, importance: shortNumber(importance), '95 % interval': interval ? interval.map(shortNumber).join(' to ') : null })), 'There are no columns.');
}

function showExport({ format, files, verification, accuracy }: ExportReport): void {
  table(files.map(({ name, size_bytes: size, sha256 }) => ({ file: name, size: sizeText(size), sha256: sha256.slice(0, 12) })), 'There are no files.');
  const { runtime, inputs, largest_difference: difference } = verification;
  print(`${format} agrees with the model on ${inputs} inputs in ${runtime}: the largest difference is ${difference.toExponential(1)}.`);
  if (accuracy) print(`${accuracy.metric}: ${shortNumber(accuracy.before)} before, ${shortNumber(accuracy.after)} with fewer bits (${accuracy.examples} examples).`);
}

/** A line for each metric, and what the other model came to beside it. */
function showEvaluation({ metrics, against, job }: EvaluateReport): void {
  const range = (interval: readonly [number, number] | null | undefined): string | null => (interval ? interval.map(shortNumber).join(' to ') : null);
  table(
    metrics.map(({ name, value, interval }) => {
      const [other, difference] = [against?.metrics, against?.differences].map((all) => all?.find((each) => each.name === name));
      return {
        metric: name, value: shortNumber(value), '95 % interval': range(interval),
        ...(against && { against: other ? shortNumber(other.value) : null, difference: difference ? shortNumber(difference.value) : null, 'its interval': range(difference?.interval) }),
      };
    }),
    'Nothing was measured.',
  );
  if (against) print(`${against.verdict}: ${against.why}`);
  note(`All of it: rootstock jobs report ${job} --json, or --html.`);
}

// A report as a person wants to see it: the numbers that decide, and where the rest is.
import type { CompareReport, EvaluateReport, ExportReport, RateReport, TransferReport } from '../client/index.js';
import { note, print, shortNumber, sizeText, table } from './output.js';

export function showReport(report: TransferReport | EvaluateReport | ExportReport | CompareReport | RateReport): void {
  if (report.object === 'compare_report') showComparison(report);
  else if (report.object === 'evaluate_report') showEvaluation(report);
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

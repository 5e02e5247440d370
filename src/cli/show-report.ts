// A report as a person wants to see it: the numbers that decide, and where the rest is.
import type { CompareReport, RateReport, TransferReport } from '../client/index.js';
import { print, shortNumber, table } from './output.js';

export function showReport(report: TransferReport | CompareReport | RateReport): void {
  if (report.object === 'compare_report') showComparison(report);
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

// The report of a comparison as a page: one table, best first, and the runs that it is made of.
import type { CandidateVerdict, ComparedCandidate, CompareReport } from '../contract/compare-report.js';
import { isBetterHigher } from '../contract/metrics.js';
import type { Interval } from '../contract/transfer-report.js';
import { document, table, withInterval } from './page/document.js';
import { html, type Html } from './page/html.js';
import { plain, SHARES, VALUES, type Writing } from './page/numbers.js';

/** Word and shape: never colour alone. */
const VERDICTS: Readonly<Record<CandidateVerdict, string>> = { better: '▲ better', worse: '▼ worse', cannot_tell: '◆ cannot tell' };

export function candidatesPage(report: CompareReport): string {
  const writing = report.task === 'classification' ? SHARES : VALUES;
  return document(`Comparison: ${report.name ?? report.job}`, html`<p class="soft">Job <code>${report.job}</code>, on <code>${report.dataset}</code> (${plain(report.test_examples)} test examples), ${plain(report.seeds.length)} seeds asked for.</p>
<div class="verdict"><strong>${report.best === null ? 'Nothing was run' : `Best: ${report.best}`}</strong><p>${chosen(report)}</p></div>
${tableOf(report, writing)}
<h2>Runs, on the test part</h2>
${runsOf(report, writing)}`);
}

const chosen = ({ chosen_by: by, metric }: CompareReport): string =>
  `Chosen by the mean of ${by}. ${by === metric ? 'That is what is told of it below, too: the best of several looks better than it is.' : `What is told below is ${metric}, which chose nothing.`}`;

function tableOf(report: CompareReport, { value, difference }: Writing): Html {
  const { metric, chosen_by: by } = report;
  const range = (interval: Interval | null, written = value): string => (interval ? `${written(interval[0])} to ${written(interval[1])}` : '–');
  const rows = bestFirst(report).map(({ name, seeds, mean, low, high, interval, chosen_by_mean: chosenBy, seconds, to_best: against }) => [
    name, plain(seeds.length), ...(by === metric ? [] : [value(chosenBy)]), value(mean), low === null || high === null ? '–' : range([low, high]), range(interval), plain(seconds),
    ...(against ? [difference(against.difference), range(against.corrected, difference), VERDICTS[against.verdict]] : ['', '', name === report.best ? 'best' : '–']),
  ]);
  return html`<h2>Candidates, best first</h2>
<p>Differences are those from the best, by pairs of one seed: negative where the candidate is worse. Their intervals hold all at once (Bonferroni).</p>
${table(['candidate', 'seeds', ...(by === metric ? [] : [by]), metric, 'range', '95 % interval', 'seconds', 'difference', 'corrected interval', ''], rows)}`;
}

function runsOf(report: CompareReport, { value }: Writing): Html {
  const rows = bestFirst(report).flatMap(({ name, seeds }) => seeds.map(({ seed, steps, stop_reason: why, accuracy, metrics }) => [
    name, plain(seed), plain(steps), why, accuracy ? withInterval(accuracy) : value(metrics[report.metric] ?? null), plain(metrics.test_loss ?? null),
  ]));
  return table(['candidate', 'seed', 'steps', 'ended', report.task === 'classification' ? 'accuracy (95 % interval)' : 'RMSE', 'loss'], rows);
}

/** Those without a run last. */
function bestFirst({ candidates, chosen_by: by }: CompareReport): ComparedCandidate[] {
  const sign = isBetterHigher(by) ? 1 : -1;
  const rank = ({ chosen_by_mean: mean }: ComparedCandidate): number => (mean === null ? -Infinity : sign * mean);
  return [...candidates].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) > rank(a) ? 1 : -1));
}

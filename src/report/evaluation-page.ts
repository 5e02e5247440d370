// The report of an evaluation as a page that stands alone.
import type { AgainstModel, EvaluateReport, EvaluationVerdict, MeasuredMetric, SlicedBy } from '../contract/evaluate-report.js';
import { document, table, withInterval } from './page/document.js';
import { html, type Html } from './page/html.js';
import { percent, plain, SHARES, VALUES, type Writing } from './page/numbers.js';
import { confusionPlot, MOST_CELLS, reliabilityPlot } from './page/plots.js';

/** Word and shape: never colour alone. */
const VERDICTS: Readonly<Record<EvaluationVerdict, string>> = { better: '▲ Better', worse: '▼ Worse', cannot_tell: '◆ Cannot tell' };

export function evaluationPage(report: EvaluateReport): string {
  const { against, bootstrap } = report;
  return document(`Evaluation: ${report.name ?? report.job}`, html`<p class="soft">Job <code>${report.job}</code>: <code>${report.model}</code> on ${plain(report.examples)} examples of <code>${report.dataset}</code> (${report.parts.map(({ part }) => part).join(', ')}).</p>
${against && html`<div class="verdict"><strong>${VERDICTS[against.verdict]}</strong><p>Than <code>${against.model}</code>. ${against.why}</p></div>`}
<h2>Metrics</h2>
<p>The intervals are those of ${plain(bootstrap.resamples)} resamples of the examples, ${percent(bootstrap.confidence)}.</p>
${metricsTable(report)}
${against && againstSection(against)}
${classesSection(report)}
${calibrationSection(report)}
${report.slices.map((sliced) => slicesSection(sliced))}
${worstSection(report)}`);
}

const isShare = (name: string): boolean => /accuracy$/.test(name);
const writingOf = (name: string): Writing => (isShare(name) ? SHARES : VALUES);

function range({ name, interval }: MeasuredMetric, written = writingOf(name).value): string {
  return interval ? `${written(interval[0])} to ${written(interval[1])}` : '–';
}

const metricsTable = ({ metrics }: EvaluateReport): Html => table(['metric', 'value', '95 % interval'], metrics.map((metric) => [metric.name, writingOf(metric.name).value(metric.value), range(metric)]));

function againstSection({ model, metrics, differences, mcnemar: test }: AgainstModel): Html {
  const rows = differences.map((difference) => {
    const other = metrics.find(({ name }) => name === difference.name)!;
    const { value, difference: written } = writingOf(difference.name);
    return [difference.name, value(other.value), range(other), written(difference.value), range(difference, written)];
  });
  return html`<h2>Against <code>${model}</code></h2>
<p>On the same examples and the same resamples. Differences are above 0 where the model is better, whatever the metric.</p>
${table(['metric', 'the other', '95 % interval', 'difference', '95 % interval'], rows)}
${test && table(['', 'right by the other', 'wrong by the other'], [['right by the model', plain(test.both_right), plain(test.only_model)], ['wrong by the model', plain(test.only_against), plain(test.both_wrong)]])}`;
}

function classesSection({ classes, confusion_matrix: matrix, labels }: EvaluateReport): Html | null {
  if (!classes || !matrix) return null;
  return html`<h2>Class by class</h2>
${table(['class', 'examples', 'recall (95 % interval)', 'precision (95 % interval)', 'F1'], classes.map(({ name, examples, recall, precision, f1 }) => [name, plain(examples), withInterval(recall), withInterval(precision), percent(f1)]))}
${matrix.length <= MOST_CELLS ? html`<p>Rows are the true classes, columns what they were taken for.</p><div class="scroll">${confusionPlot(matrix, labels)}</div>` : html`<p class="empty">The confusion matrix of more than ${MOST_CELLS} classes is in the report as JSON.</p>`}`;
}

function calibrationSection({ calibration }: EvaluateReport): Html | null {
  if (!calibration) return null;
  const { ece, bins } = calibration;
  return html`<h2>Calibration</h2>
<p>On average confidence and accuracy are ${percent(ece)} apart (ECE, ${bins.length} bins).</p>
${reliabilityPlot(bins)}`;
}

function slicesSection({ column, kind, slices }: SlicedBy): Html {
  const isClasses = slices.some(({ accuracy }) => accuracy !== null);
  const rows = slices.map(({ name, examples, accuracy, metrics, rmse_interval: interval }) => [
    name, plain(examples), ...(isClasses ? [withInterval(accuracy)] : [plain(metrics.test_rmse ?? null), interval ? `${plain(interval[0])} to ${plain(interval[1])}` : '–']), plain(metrics.test_loss ?? null),
  ]);
  return html`<h2>By ${column}</h2>
${kind === 'numeric' ? html`<p class="soft">A missing number was filled in with the mean, and counts as that.</p>` : null}
${table([column, 'examples', ...(isClasses ? ['accuracy (95 % interval)'] : ['RMSE', '95 % interval']), 'loss'], rows)}`;
}

function worstSection({ worst }: EvaluateReport): Html | null {
  if (worst.length === 0) return null;
  const numbers = (values: readonly (number | null)[]): string => values.map(plain).join(', ');
  const rows = worst.map((one) => ['error' in one
    ? [`${one.part} ${one.index}`, numbers(one.true), numbers(one.predicted), numbers(one.error), plain(one.loss)]
    : [`${one.part} ${one.index}`, one.true, one.predicted, percent(one.probability), plain(one.loss)]]).flat();
  return html`<h2>Worst examples</h2>
${table(['example', 'true', 'predicted', 'error' in worst[0]! ? 'error' : 'probability', 'loss'], rows)}`;
}

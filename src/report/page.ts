// The transfer report as a page that stands alone: no scripts, nothing fetched, plots as SVG.
import { PUBLISHED_RUN } from '../contract/run.js';
import type { ResolvedBase } from '../contract/training-specs.js';
import type { Measured, ReportPart, TransferReport, Verdict } from '../contract/transfer-report.js';
import { document, table, withInterval } from './page/document.js';
import { html, type Html } from './page/html.js';
import { percent, plain, points, SHARES, VALUES, type Writing } from './page/numbers.js';
import { confusionPlot, curvePlot, differencePlot, MOST_CELLS, reliabilityPlot } from './page/plots.js';

/** Word and shape: never colour alone. */
const VERDICTS: Readonly<Record<Verdict, string>> = { helps: '▲ Transfer helps', hurts: '▼ Transfer hurts', cannot_tell: '◆ Cannot tell' };
const PARTS: Readonly<Record<ReportPart, string>> = {
  linear_probe: 'linear probe', classes: 'class by class', calibration: 'calibration', temperature: 'temperature', cka: 'likeness of outputs', forgetting: 'forgetting',
};

export function reportPage(report: TransferReport): string {
  const writing = report.task === 'classification' ? SHARES : VALUES;
  return document(`Transfer report: ${report.name ?? report.job}`, html`<p class="soft">Job <code>${report.job}</code>, from <code>${baseName(report.base_model)}</code>, on <code>${report.dataset}</code> (${plain(report.test_examples)} test examples), made <code>${report.model}</code>.</p>
<div class="verdict"><strong>${VERDICTS[report.verdict]}</strong><p>${report.why}</p></div>
${comparisonSection(report, writing)}
${runsSection(report, writing)}
${curvesSection(report, writing)}
${interpolationSection(report)}
${classesSection(report)}
${calibrationSection(report)}
${layersSection(report)}
${forgettingSection(report, writing)}
${notMeasuredSection(report)}`);
}

const baseName = (base: ResolvedBase): string => (typeof base === 'string' ? base : `${base.job}, checkpoint ${base.checkpoint}`);

function comparisonSection({ comparison }: TransferReport, writing: Writing): Html {
  if (!comparison) {
    return html`<h2>Transfer and scratch</h2>
<p class="empty">Nothing to compare with. A job with <code>"baseline": {"scratch": true, "seeds": 3}</code> trains the same network from fresh weights beside it.</p>`;
  }
  const { metric, transfer, scratch, difference: mean, interval, seeds } = comparison;
  const range = interval ? `${writing.difference(interval[0])} to ${writing.difference(interval[1])}` : '–';
  return html`<h2>Transfer and scratch</h2>
<p>The same network with what was carried over and from fresh weights, by the same seeds, steps and order of data. To the right of the line transfer is better.</p>
${differencePlot(comparison, writing)}
${table(['metric', 'transfer', 'scratch', 'difference', '95 % interval', 'seeds'], [[metric, writing.value(transfer), writing.value(scratch), writing.difference(mean), range, plain(seeds)]])}`;
}

function runsSection({ before, linear_probe: probe, runs, task }: TransferReport, { value }: Writing): Html {
  const isClasses = task === 'classification';
  const measured = ({ metrics, accuracy }: Measured): string[] => (isClasses ? [withInterval(accuracy)] : [value(metrics.test_rmse ?? null), plain(metrics.test_mae ?? null), plain(metrics.test_r2 ?? null)]);
  const rows = runs.map((run) => [run.run, plain(run.seed), plain(run.steps), ...measured(run), plain(run.metrics.test_loss ?? null)]);
  const reference = probe ? [['linear probe', '', '', ...measured(probe), plain(probe.metrics.test_loss ?? null)]] : [];
  return html`<h2>Runs, on the test part</h2>
${table(['run', 'seed', 'steps', ...(isClasses ? ['accuracy (95 % interval)'] : ['RMSE', 'MAE', 'R²']), 'loss'], [['before training', '', plain(0), ...measured(before), plain(before.metrics.test_loss ?? null)], ...reference, ...rows])}
${probe && html`<p class="soft">Linear probe: what layer <code>${probe.layer}</code> gave before training, with an output layer on it that was solved on ${plain(probe.train_examples)} training examples${probe.converged ? '' : ', as far as the iterations went'}.</p>`}`;
}

function curvesSection({ curves, task }: TransferReport, writing: Writing): Html {
  const isThere = (value: string): boolean => curves.some(({ points: all }) => all.some(({ values }) => values[value] !== undefined));
  const main = (task === 'classification' ? ['val_accuracy', 'epoch_accuracy'] : ['val_rmse', 'epoch_mae']).find(isThere);
  const loss = isThere('val_loss') ? 'val_loss' : 'epoch_loss';
  return html`<h2>Learning curves</h2>
<p class="soft"><span class="key"></span>main <span class="key dashed"></span>baseline</p>
${main === undefined ? null : html`<p>${main}</p>${curvePlot(curves, main, writing)}`}
<p>${loss}</p>${curvePlot(curves, loss, VALUES)}`;
}

function interpolationSection({ runs }: TransferReport): Html | null {
  const interpolation = runs.find(({ run }) => run === PUBLISHED_RUN)?.interpolation;
  if (!interpolation) return null;
  const { metric, alpha, curve } = interpolation;
  const names = Object.keys(curve[0]!.metrics);
  return html`<h2>Between start and end</h2>
<p>What validation measures with weights between those the interpolation starts from (0) and those training came to (1). The model is that of ${plain(alpha)}, the best by ${metric}.</p>
${table(['α', ...names], curve.map((point) => [plain(point.alpha), ...names.map((name) => plain(point.metrics[name]!))]))}`;
}

function classesSection({ classes, runs }: TransferReport): Html | null {
  if (!classes) return null;
  const matrix = runs.find(({ run }) => run === PUBLISHED_RUN)?.confusion_matrix;
  const rows = classes.map((each) => [each.name, plain(each.examples), withInterval(each.recall), points(each.recall_difference), percent(each.precision), points(each.precision_difference)]);
  return html`<h2>Class by class</h2>
<p class="soft">Of the model; differences are those from scratch, as the mean over the seeds.</p>
${table(['class', 'test examples', 'recall (95 % interval)', 'against scratch', 'precision', 'against scratch'], rows)}
${matrix && matrix.length <= MOST_CELLS ? html`<p>Rows are the true classes, columns what they were taken for.</p><div class="scroll">${confusionPlot(matrix, classes.map(({ name }) => name))}</div>` : html`<p class="empty">The confusion matrix of more than ${MOST_CELLS} classes is in report.json.</p>`}`;
}

function calibrationSection({ calibration }: TransferReport): Html | null {
  if (!calibration) return null;
  const { ece, bins, examples, temperature } = calibration;
  const scaledBy = temperature && `With logits divided by ${plain(temperature.value)}, which fits its ${plain(temperature.validation_examples)} validation examples best, it would be ${percent(temperature.ece)}.`;
  return html`<h2>Calibration</h2>
<p>Of ${plain(examples)} test examples. On average confidence and accuracy are ${percent(ece)} apart (ECE, ${bins.length} bins). ${scaledBy}</p>
${reliabilityPlot(bins)}`;
}

function layersSection({ layers }: TransferReport): Html {
  if (layers.length === 0) return html`<h2>What was carried over</h2><p class="empty">No layer was.</p>`;
  const rows = layers.map(({ layer, l2, relative, cka }) => [layer, plain(l2), percent(relative), plain(cka?.linear ?? null), plain(cka?.debiased ?? null)]);
  return html`<h2>What was carried over</h2>
<p>How far the weights of each layer went, and how alike its outputs are before and after training (CKA, 1 is the same but for rotation and scale).</p>
${table(['layer', 'distance', 'of its length', 'linear CKA', 'debiased CKA'], rows)}`;
}

function forgettingSection({ forgetting }: TransferReport, { value, difference: written }: Writing): Html | null {
  if (!forgetting) return null;
  const { dataset, examples, before, after, difference: mean } = forgetting;
  const told = ({ metrics, accuracy }: Measured): string => (accuracy ? withInterval(accuracy) : value(metrics.test_rmse ?? null));
  return html`<h2>Forgetting</h2>
<p>On the ${plain(examples)} test examples of <code>${dataset}</code>, which the base model learnt from.</p>
${table(['', 'before', 'after', 'difference'], [[after.accuracy ? 'accuracy (95 % interval)' : 'RMSE', told(before), told(after), written(mean)]])}`;
}

function notMeasuredSection({ not_measured: missing }: TransferReport): Html | null {
  if (missing.length === 0) return null;
  return html`<h2>Not measured</h2><ul>${missing.map(({ part, why }) => html`<li>${PARTS[part]}: ${why}.</li>`)}</ul>`;
}

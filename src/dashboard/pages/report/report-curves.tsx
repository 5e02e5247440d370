// Learning curves of a report, after each epoch; and what lies between where training began and what it came to.
import type { TransferReport } from '../../../contract/transfer-report.js';
import type { Interpolation as Between } from '../../../contract/run.js';
import { Chart, type Series } from '../../chart/chart.js';
import { metric, number, tick, words } from '../../format.js';

type Curves = TransferReport['curves'];
/** The first of these that was measured is shown. */
export const GOODNESS = ['val_accuracy', 'epoch_accuracy', 'val_rmse', 'epoch_mae'];
export const LOSS = ['val_loss', 'epoch_loss'];

export function ReportCurve({ curves, wanted }: { curves: Curves; wanted: readonly string[] }) {
  const name = wanted.find((one) => curves.some(({ points }) => points.some(({ values }) => values[one] !== undefined)));
  if (name === undefined) return null;
  return <section class="panel"><Chart title={words(name)} series={seriesOf(curves, name)} xLabel="step" formatY={(value) => metric(name, value)} tickY={(value) => tick(name, value)} /></section>;
}

const seriesOf = (curves: Curves, name: string): Series[] =>
  curves.map(({ run, points }, place) => {
    const measured = points.filter(({ values }) => values[name] !== undefined);
    return { label: run, place, x: measured.map(({ step }) => step), y: measured.map(({ values }) => values[name]!) };
  });

export function Interpolation({ of: { metric: name, alpha, curve } }: { of: Between }) {
  return (
    <section class="panel">
      <Chart
        title={`Between start and end: ${words(name)}`} xLabel="α" marks={[{ x: alpha, label: 'published' }]} formatX={number} tickX={(value) => tick('', value)} formatY={(value) => metric(name, value)} tickY={(value) => tick(name, value)}
        series={[{ label: words(name), place: 0, x: curve.map((point) => point.alpha), y: curve.map(({ metrics }) => metrics[name] ?? null) }]}
      />
      <p class="quiet">What validation measures with weights between those where training began (0) and those it came to (1). The model is that of {number(alpha)}.</p>
    </section>
  );
}

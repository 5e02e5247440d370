// Curves of one metric, of all jobs on one chart.
import type { Job } from '../../../contract/job.js';
import type { MetricPoint } from '../../../contract/run.js';
import { Chart, type Series } from '../../chart/chart.js';
import { metric as write, tick, words } from '../../format.js';
import { CurveControls, curveView, type Axis } from '../../parts/curve-view.js';
import { place, setQuery } from '../../route.js';
import { nameOf } from './job-key.js';

const USUAL = ['val_accuracy', 'val_rmse', 'val_loss', 'epoch_accuracy', 'accuracy', 'loss'];

export interface Curve {
  job: Job;
  /** In the address, which its colour is by. */
  place: number;
  points: readonly MetricPoint[];
}

export function Overlaid({ curves }: { curves: readonly Curve[] }) {
  const { smoothing, axis: chosen, isLog } = curveView();
  // When an epoch ended only the events of each job would tell.
  const axis = chosen === 'time' ? 'step' : chosen;
  const names = [...new Set(curves.flatMap(({ points }) => points.flatMap(({ values }) => Object.keys(values))))].sort();
  const { metric = USUAL.find((name) => names.includes(name)) ?? names[0] } = place.value.query;
  if (metric === undefined) return <p class="empty">None of these jobs has measured anything yet.</p>;
  const series = curves.map((curve) => seriesOf(curve, metric, axis)).filter(({ x }) => x.length > 0);
  return (
    <section class="panel">
      <h2>Curves</h2>
      <div class="filters">
        <label>Metric<select value={metric} onChange={(event) => setQuery({ metric: event.currentTarget.value })}>{names.map((name) => <option key={name} value={name}>{words(name)}</option>)}</select></label>
        <CurveControls axes={['step', 'epoch']} />
      </div>
      <Chart title={words(metric)} series={series} xLabel={axis} smoothing={smoothing} log={isLog && series.every(({ y }) => y.every((value) => value !== null && value > 0))} formatY={(value) => write(metric, value)} tickY={(value) => tick(metric, value)} />
      {series.length < curves.length && <p class="quiet">{curves.length - series.length} of them did not measure it.</p>}
    </section>
  );
}

/** Of its first run, which is the one that becomes the model. Of several values at one place the last stands. */
function seriesOf({ job, place: at, points }: Curve, metric: string, axis: Exclude<Axis, 'time'>): Series {
  const found = new Map(points.filter(({ run, values }) => run === points[0]!.run && values[metric] !== undefined).map((point) => [point[axis], point.values[metric]!]));
  return { label: nameOf(job), place: at, x: [...found.keys()], y: [...found.values()] };
}

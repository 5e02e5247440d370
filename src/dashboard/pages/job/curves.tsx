// Learning curves: every metric of every run, training and validation on one chart.
import { useMemo } from 'preact/hooks';
import type { Job } from '../../../contract/job.js';
import type { MetricPoint } from '../../../contract/run.js';
import { Chart } from '../../chart/chart.js';
import { duration, metric, tick, words } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CurveControls, curveView } from '../../parts/curve-view.js';
import { Loaded } from '../../parts/loaded.js';
import { place, setQuery } from '../../route.js';
import { client } from '../../session.js';
import { chartsOf, placeOn, stagesOf } from './curve-series.js';
import type { EpochTimes } from './epoch-times.js';

const POINTS = 1_000;
const LOOK_EVERY_MS = 1_000;

export function Curves({ job, isLive, times }: { job: Job; isLive: boolean; times: EpochTimes }) {
  const live = useLive(`metrics ${job.id}`, (signal) => client.value.jobs.metrics(job.id, { points: POINTS }, { signal }), isLive ? LOOK_EVERY_MS : undefined);
  return <Loaded live={live}>{(points) => (points.length === 0 ? <p class="empty">Nothing has been measured yet{isLive ? '; it appears here as it comes' : ''}.</p> : <Charts points={points} times={times} />)}</Loaded>;
}

function Charts({ points, times }: { points: readonly MetricPoint[]; times: EpochTimes }) {
  const { run = '' } = place.value.query;
  const { smoothing, axis, isLog } = curveView();
  const runs = useMemo(() => [...new Set(points.map((point) => point.run))], [points]);
  const charts = useMemo(() => chartsOf(run === '' ? points : points.filter((point) => point.run === run), placeOn(axis, times)), [points, axis, run]);
  const marks = useMemo(() => stagesOf(points, placeOn(axis, times)), [points, axis]);
  return (
    <>
      <div class="filters">
        <CurveControls />
        {runs.length > 1 && <label>Run<select value={run} onChange={(event) => setQuery({ run: event.currentTarget.value })}><option value="">all</option>{runs.map((name) => <option key={name} value={name}>{name}</option>)}</select></label>}
      </div>
      <div class="grid">
        {charts.map(({ name, series }) => (
          <div class="panel" key={name}>
            <Chart title={words(name)} series={series} xLabel={axis} {...(axis === 'time' && { formatX: duration })} smoothing={smoothing} log={isLog && series.every(({ y }) => y.every((value) => value === null || value > 0))} marks={marks} formatY={(value) => metric(name, value)} tickY={(value) => tick(name, value)} />
          </div>
        ))}
      </div>
    </>
  );
}

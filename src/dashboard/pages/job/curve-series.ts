// Points of learning curves as series of charts: one chart a metric, with its validation beside it.
import type { MetricPoint } from '../../../contract/run.js';
import type { Series } from '../../chart/chart.js';
import type { Axis } from '../../parts/curve-view.js';
import type { EpochTimes } from './epoch-times.js';

export interface CurveChart {
  name: string;
  series: Series[];
}

/** 'val_loss' and 'epoch_loss' belong to 'loss'. */
const baseOf = (name: string): string => name.replace(/^(val|epoch)_/, '');
const KINDS = ['training', 'validation', 'training, over the epoch'] as const;
const kindOf = (name: string): (typeof KINDS)[number] => KINDS[name.startsWith('val_') ? 1 : name.startsWith('epoch_') ? 2 : 0];

/** Where a point lies on an axis; undefined where that is not known. */
export type PlaceOf = (point: MetricPoint) => number | undefined;
export const placeOn = (axis: Axis, times: EpochTimes): PlaceOf => (axis === 'time' ? (point) => times.secondsOf(point) : (point) => point[axis]);

export function chartsOf(points: readonly MetricPoint[], placeAt: PlaceOf): CurveChart[] {
  const charts = new Map<string, Map<string, { x: number[]; y: number[] }>>();
  const runs = [...new Set(points.map(({ run }) => run))];
  for (const point of points) {
    const { run, values } = point;
    const at = placeAt(point);
    if (at === undefined) continue;
    for (const [name, value] of Object.entries(values)) {
      const chart = charts.get(baseOf(name)) ?? charts.set(baseOf(name), new Map()).get(baseOf(name))!;
      const label = `${runs.length > 1 ? `${run} ` : ''}${kindOf(name)}`;
      const series = chart.get(label) ?? chart.set(label, { x: [], y: [] }).get(label)!;
      // Within an epoch training is measured several times; by epochs, what was measured last stands.
      if (series.x.at(-1) === at) series.y[series.y.length - 1] = value;
      else {
        series.x.push(at);
        series.y.push(value);
      }
    }
  }
  return [...charts].map(([name, series]) => ({
    name,
    series: [...series].map(([label, { x, y }]) => ({ label, place: placeOf(label, runs), x, y })),
  }));
}

/** A run keeps its colours whichever metrics it has. */
function placeOf(label: string, runs: readonly string[]): number {
  const run = runs.length > 1 ? runs.findIndex((name) => label.startsWith(`${name} `)) : 0;
  return KINDS.length * run + KINDS.findIndex((kind) => label.endsWith(kind));
}

/** Where stages after the first begin, of the first run. */
export function stagesOf(points: readonly MetricPoint[], placeAt: PlaceOf): { x: number; label: string }[] {
  const first = points[0]?.run;
  const marks: { x: number; label: string }[] = [];
  let stage = 0;
  for (const point of points) {
    if (point.run !== first || point.stage === stage) continue;
    stage = point.stage;
    const x = placeAt(point);
    if (x !== undefined) marks.push({ x, label: `stage ${stage + 1}` });
  }
  return marks;
}

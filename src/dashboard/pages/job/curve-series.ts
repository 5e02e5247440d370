// Points of learning curves as series of charts: one chart a metric, with its validation beside it.
import type { MetricPoint } from '../../../contract/job.js';
import type { Series } from '../../chart/chart.js';
import type { Axis } from '../../parts/curve-view.js';

export interface CurveChart {
  name: string;
  series: Series[];
}

/** 'val_loss' and 'epoch_loss' belong to 'loss'. */
const baseOf = (name: string): string => name.replace(/^(val|epoch)_/, '');
const KINDS = ['training', 'validation', 'training, over the epoch'] as const;
const kindOf = (name: string): (typeof KINDS)[number] => KINDS[name.startsWith('val_') ? 1 : name.startsWith('epoch_') ? 2 : 0];

export function chartsOf(points: readonly MetricPoint[], axis: Axis): CurveChart[] {
  const charts = new Map<string, Map<string, { x: number[]; y: number[] }>>();
  const runs = [...new Set(points.map(({ run }) => run))];
  for (const { run, step, epoch, values } of points) {
    for (const [name, value] of Object.entries(values)) {
      const chart = charts.get(baseOf(name)) ?? charts.set(baseOf(name), new Map()).get(baseOf(name))!;
      const label = `${runs.length > 1 ? `${run} ` : ''}${kindOf(name)}`;
      const series = chart.get(label) ?? chart.set(label, { x: [], y: [] }).get(label)!;
      const at = axis === 'step' ? step : epoch;
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
export function stagesOf(points: readonly MetricPoint[], axis: Axis): { x: number; label: string }[] {
  const first = points[0]?.run;
  const marks: { x: number; label: string }[] = [];
  let stage = 0;
  for (const point of points) {
    if (point.run !== first || point.stage === stage) continue;
    stage = point.stage;
    marks.push({ x: axis === 'step' ? point.step : point.epoch, label: `stage ${stage + 1}` });
  }
  return marks;
}

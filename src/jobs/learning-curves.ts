// The learning curves of a job: read, narrowed to what is asked for, thinned for a plot, written as a table.
import type { MetricPoint } from '../contract/run.js';
import type { Store } from '../store/store.js';
import type { StoredJob } from './query.js';
import { metricsKey } from './records.js';

export interface CurvesQuery {
  /** Metrics that are wanted; left out: all. */
  names?: readonly string[];
  /** The run that is wanted; left out: all. */
  run?: string;
  /** Most points of one metric of one run; left out: all there are. */
  points?: number;
}

/** Those of the last attempt, oldest first. A point without a wanted value is left out. */
export async function readCurves(store: Store, { job, state }: StoredJob, { names, run, points: most }: CurvesQuery = {}): Promise<MetricPoint[]> {
  const bytes = state.attempt === 0 ? undefined : await store.get(metricsKey(job.id, state.attempt));
  // A line that is still being written has no end yet and is left out.
  const lines = bytes?.toString('utf8').split('\n').slice(0, -1) ?? [];
  const all = lines.map((line) => JSON.parse(line) as MetricPoint).filter((point) => run === undefined || point.run === run);
  const wanted = names === undefined ? all : withOnly(all, (name) => names.includes(name));
  return most === undefined ? wanted : thinned(wanted, most);
}

/** Points with those of their values that fit, in the same order; those without any are left out. */
const withOnly = (points: readonly MetricPoint[], fits: (name: string, at: number) => boolean): MetricPoint[] =>
  points.flatMap((point, at) => {
    const values = Object.fromEntries(Object.entries(point.values).filter(([name]) => fits(name, at)));
    return Object.keys(values).length === 0 ? [] : [{ ...point, values }];
  });

/**
 * At most so many points of each metric of each run: the first and the last, and of each of equally long stretches between them the least and the
 * greatest, so that a plot keeps its peaks.
 * @param most at least 2
 */
export function thinned(points: readonly MetricPoint[], most: number): MetricPoint[] {
  /** By run and metric: the places where it was measured. */
  const series = new Map<string, { name: string; places: number[] }>();
  points.forEach(({ run, values }, at) => {
    for (const name of Object.keys(values)) {
      const key = `${run} ${name}`;
      const { places } = series.get(key) ?? series.set(key, { name, places: [] }).get(key)!;
      places.push(at);
    }
  });
  const kept = new Map<number, Set<string>>();
  for (const { name, places } of series.values()) {
    for (const at of extremes(places, (place) => points[place]!.values[name]!, most)) kept.set(at, (kept.get(at) ?? new Set()).add(name));
  }
  return withOnly(points, (name, at) => kept.get(at)?.has(name) ?? false);
}

function extremes(places: readonly number[], valueAt: (place: number) => number, most: number): readonly number[] {
  if (places.length <= most) return places;
  const inner = places.slice(1, -1);
  const buckets = Math.floor((most - 2) / 2);
  const ofBuckets = Array.from({ length: buckets }, (_, bucket) => {
    const stretch = inner.slice(Math.floor((bucket * inner.length) / buckets), Math.floor(((bucket + 1) * inner.length) / buckets));
    const farthest = (isFarther: (value: number, than: number) => boolean) => stretch.reduce((best, place) => (isFarther(valueAt(place), valueAt(best)) ? place : best));
    return [farthest((value, than) => value < than), farthest((value, than) => value > than)];
  });
  return [places[0]!, ...ofBuckets.flat(), places.at(-1)!];
}

/** A line for each point, a column for each metric there is; where a point has no such value the cell is empty (RFC 4180). No cell has a character to be quoted. */
export function curvesAsCsv(points: readonly MetricPoint[]): string {
  const names = [...new Set(points.flatMap(({ values }) => Object.keys(values)))];
  const rows = points.map(({ run, role, stage, epoch, step, values }) => [run, role, stage, epoch, step, ...names.map((name) => values[name] ?? '')]);
  return [['run', 'role', 'stage', 'epoch', 'step', ...names], ...rows].map((cells) => `${cells.join(',')}\r\n`).join('');
}

export const curvesAsLines = (points: readonly MetricPoint[]): string => points.map((point) => `${JSON.stringify(point)}\n`).join('');

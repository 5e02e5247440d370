// Parallel coordinates: an axis for each number that differs, a line for each job. What a sweep changed is on the left, what came of it on the right.
import type { Job } from '../../../contract/job.js';
import { stroke } from '../../chart/key.js';
import { rangeOf, scaled } from '../../chart/scale.js';
import { metric, words } from '../../format.js';
import { nameOf } from './job-key.js';
import { setting, type SpecRow } from './spec-values.js';

interface Coordinate {
  title: string;
  values: (number | undefined)[];
  write: (value: number) => string;
}
const MOST_OF_SPEC = 5;
const MOST_OF_METRICS = 3;
/** From so many times the least on, an axis is logarithmic. */
const LOG_FROM = 20;
const [STRIDE, TOP, BOTTOM, HEIGHT] = [128, 48, 236, 264];

export function Parallel({ jobs, places, rows }: { jobs: readonly Job[]; places: readonly number[]; rows: readonly SpecRow[] }) {
  const axes = coordinatesOf(jobs, rows).map((each, at) => ({ ...each, x: STRIDE / 2 + at * STRIDE, y: heightOf(each.values) }));
  if (axes.length < 2) return null;
  const width = axes.length * STRIDE;
  return (
    <section class="panel">
      <h2>Numbers that differ</h2>
      <p class="quiet">A line is a job, an axis a number: settings first, then what came of them. The tables below say the same.</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Parallel coordinates">
        <svg class="plot parallel" viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="img" aria-label={`Parallel coordinates of ${jobs.map(nameOf).join(', ')} by ${axes.map(({ title }) => title).join(', ')}`}>
          {axes.map(({ title, values, write, x, y }, at) => (
            <g key={title}>
              <text x={x} y={at % 2 === 0 ? 14 : 30} text-anchor="middle"><title>{title}</title>{short(title)}</text>
              <line class="zero" x1={x} x2={x} y1={TOP} y2={BOTTOM} />
              {endsOf(values).map((value) => <text key={value} x={x + 6} y={y(value) === BOTTOM ? BOTTOM + 16 : y(value) - 4}>{write(value)}</text>)}
            </g>
          ))}
          {jobs.map((job, of) => (
            <g key={job.id} fill="none" stroke-width={2} {...stroke(places[of]!)}>
              <title>{nameOf(job)}</title>
              <path d={axes.map(({ values, x, y }, at) => (values[of] === undefined ? '' : `${at === 0 || axes[at - 1]!.values[of] === undefined ? 'M' : 'L'}${x} ${y(values[of])}`)).join('')} />
              {axes.map(({ title, values, x, y }) => values[of] !== undefined && <circle key={title} cx={x} cy={y(values[of])} r={3} stroke-dasharray="none" />)}
            </g>
          ))}
        </svg>
      </div>
    </section>
  );
}

function coordinatesOf(jobs: readonly Job[], rows: readonly SpecRow[]): Coordinate[] {
  const differ = (values: readonly unknown[]): boolean => values.some((value) => value !== values[0]);
  const settings = rows.filter(({ values, isSame }) => !isSame && values.every((value) => value === undefined || typeof value === 'number')).slice(0, MOST_OF_SPEC);
  const names = [...new Set(jobs.flatMap(({ metrics }) => Object.keys(metrics)))];
  const measured = [...names.filter((name) => name.startsWith('test_')), ...names.filter((name) => name.startsWith('val_')), ...names]
    .map((name) => ({ name, values: jobs.map(({ metrics }) => metrics[name]) })).filter(({ name, values }, at, all) => differ(values) && all.findIndex((other) => other.name === name) === at).slice(0, MOST_OF_METRICS);
  return [
    ...settings.map(({ at, values }) => ({ title: at, values: values as (number | undefined)[], write: setting })),
    ...measured.map(({ name, values }) => ({ title: words(name), values, write: (value: number) => metric(name, value) })),
  ];
}

const endsOf = (values: readonly (number | undefined)[]): number[] => {
  const there = values.filter((value) => value !== undefined);
  return [...new Set([Math.min(...there), Math.max(...there)])];
};

function heightOf(values: readonly (number | undefined)[]): (value: number) => number {
  const [low, high = low] = endsOf(values) as [number, number?];
  if (low <= 0 || high / low < LOG_FROM) return scaled(rangeOf([low, high]), BOTTOM, TOP);
  const y = scaled(rangeOf([Math.log(low), Math.log(high)]), BOTTOM, TOP);
  return (value) => y(Math.log(value));
}

/** The end of a long place says most. */
const short = (title: string): string => (title.length > 24 ? `…${title.slice(-23)}` : title);

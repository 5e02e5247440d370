// Jobs side by side: what they came to, and in what they differ.
import type { Job } from '../../../contract/job.js';
import { isBetterHigher } from '../../../contract/metrics.js';
import { duration, metric, shortId, words } from '../../format.js';
import { Status } from '../../parts/status.js';
import { Cells } from '../../parts/cells.js';
import { place, setQuery } from '../../route.js';
import { bestOf } from './better.js';
import { nameOf } from './job-key.js';
import { setting, type SpecRow } from './spec-values.js';

const seconds = ({ started_at: from, finished_at: to }: Job): number | undefined => (from === null || to === null ? undefined : (Date.parse(to) - Date.parse(from)) / 1000);

export function Metrics({ jobs }: { jobs: readonly Job[] }) {
  const names = [...new Set(jobs.flatMap(({ metrics }) => Object.keys(metrics)))];
  const row = (name: string) => {
    const values = jobs.map(({ metrics }) => metrics[name]);
    const best = bestOf(name, values);
    return [
      <>{words(name)}<span class="quiet">, {isBetterHigher(name) ? 'higher' : 'lower'} is better</span></>,
      ...values.map((value) => value !== undefined && <>{value === best && <><span class="tag">best</span> </>}{metric(name, value)}</>),
    ];
  };
  return (
    <section class="panel">
      <h2>Metrics</h2>
      <Cells
        label="Metrics of the jobs" titles={['Metric', ...jobs.map((job) => `#${nameOf(job)}`)]}
        rows={[['state', ...jobs.map(({ status }) => <Status key="status" of={status} />)], ...names.map(row), ['took', ...jobs.map((job) => seconds(job) !== undefined && duration(seconds(job)!))]]}
      />
    </section>
  );
}

export function Differences({ jobs, rows }: { jobs: readonly Job[]; rows: readonly SpecRow[] }) {
  const isAll = place.value.query.diff === 'all';
  const shown = isAll ? rows : rows.filter(({ isSame }) => !isSame);
  return (
    <section class="panel">
      <div class="head">
        <h2>{isAll ? 'What they were resolved to' : 'In what they differ'}</h2>
        <label class="inline"><input type="checkbox" checked={isAll} onChange={(event) => setQuery({ diff: event.currentTarget.checked ? 'all' : undefined })} /> also what is the same</label>
      </div>
      {shown.length === 0 ? <p class="quiet">In nothing: they were resolved to the same.</p> : (
        <Cells label="Differences of the jobs" titles={['Where', ...jobs.map(nameOf)]} rows={shown.map(({ at, values, isSame }) => [<code key="at" class="whole">{isAll && !isSame ? `≠ ${at}` : at}</code>, ...values.map(told)])} />
      )}
    </section>
  );
}

const ID = /^[a-z]+_[0-9a-f]{32}$/;
const MOST_LETTERS = 60;
function told(value: string | number | undefined) {
  if (value === undefined) return <span class="quiet">not there</span>;
  if (typeof value === 'number') return setting(value);
  if (ID.test(value)) return <span title={value}>{shortId(value)}</span>;
  return value.length > MOST_LETTERS ? <span title={value}>{value.slice(0, MOST_LETTERS)}…</span> : value;
}

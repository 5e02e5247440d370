// All jobs, newest first: found, sorted, looked at while they move.
import { useRef } from 'preact/hooks';
import { JOB_STATES, isTerminal, type JobStatus } from '../../../contract/job-states.js';
import type { JobSummary } from '../../../contract/job.js';
import { duration, metric, shortId, some, words } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { announce } from '../../parts/announce.js';
import { CopyAs } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { Progress, TimeLeft } from '../../parts/progress.js';
import { Status } from '../../parts/status.js';
import { Title } from '../../parts/title.js';
import { When } from '../../parts/when.js';
import { go, href, place, setQuery } from '../../route.js';
import { client, mayAct } from '../../session.js';
import { JOB_KINDS, KIND_TITLES } from '../job-kinds.js';
import { leadMetric } from './lead-metric.js';
import { SORTS, sorted, type SortName } from './sort.js';

const LOOK_EVERY_MS = 2_000;
const PAGE = 100;
const MOST_COMPARED = 6;

export function JobsPage() {
  const { query } = place.value;
  const { status, type, name, tag, after, sort = 'created', ids = '' } = query;
  const metadata = tagOf(tag);
  const filter = {
    limit: PAGE, after, name_contains: name || undefined, metadata,
    ...(status !== undefined && { status: status as JobStatus }), ...(type !== undefined && { type: type as JobSummary['type'] }),
  };
  const live = useLive(`jobs ${JSON.stringify(filter)}`, (signal) => client.value.jobs.list(filter, { signal }).page(), LOOK_EVERY_MS);
  const chosen = ids === '' ? [] : ids.split(',');
  const choose = (id: string, isIn: boolean): void => setQuery({ ids: (isIn ? [...chosen, id] : chosen.filter((other) => other !== id)).join(',') });
  const search = new URLSearchParams(Object.entries({ status, type, name_contains: name, limit: String(PAGE) }).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '')).toString();
  tellChanges(live.data?.data);
  return (
    <>
      <Title text="Jobs">
        <CopyAs request={{ method: 'GET', path: `/v1/jobs?${search}`, call: `jobs.list(${JSON.stringify({ status, type, name_contains: name })}).page()`, command: `jobs ls${status ? ` --status ${status}` : ''}` }} />
        {mayAct.value && <a class="button primary" href={href(['jobs', 'new'])}>New job</a>}
      </Title>
      <div class="filters" role="search">
        <label class="grow">Name<input type="search" value={name ?? ''} placeholder="a part of it" onInput={(event) => setQuery({ name: event.currentTarget.value, after: undefined })} /></label>
        <label>State<select value={status ?? ''} onChange={(event) => setQuery({ status: event.currentTarget.value, after: undefined })}>
          <option value="">all</option>{JOB_STATES.map((one) => <option key={one} value={one}>{words(one)}</option>)}
        </select></label>
        <label>Kind<select value={type ?? ''} onChange={(event) => setQuery({ type: event.currentTarget.value, after: undefined })}>
          <option value="">all</option>{JOB_KINDS.map((one) => <option key={one} value={one}>{KIND_TITLES[one]}</option>)}
        </select></label>
        <label>Tag<input value={tag ?? ''} placeholder="key=value" onChange={(event) => setQuery({ tag: event.currentTarget.value, after: undefined })} /></label>
        <label>Sort<select value={sort} onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
          {Object.entries(SORTS).map(([key, { title }]) => <option key={key} value={key}>{title}</option>)}
        </select></label>
      </div>
      {chosen.length > 0 && (
        <p class="row" role="status">
          {some(chosen.length, 'job')} chosen
          {chosen.length >= 2 && chosen.length <= MOST_COMPARED ? <a class="button" href={href(['compare'], { ids: chosen.join(',') })}>Compare</a> : <span class="quiet">2 to {MOST_COMPARED} can be compared</span>}
          <button type="button" class="small" onClick={() => setQuery({ ids: '' })}>Choose none</button>
        </p>
      )}
      <Loaded live={live}>
        {({ data, has_more: hasMore, last_id: last }) =>
          data.length === 0 ? <NoJobs isFiltered={Boolean(status ?? type ?? name ?? tag)} /> : (
            <>
              <div class="scroll" tabIndex={0} role="region" aria-label="Jobs">
                <table class="jobs">
                  <thead><tr><th><span class="only-heard">Chosen</span></th><th>Name</th><th>Kind</th><th>State</th><th>Progress</th><th class="number">Result</th><th>Submitted</th><th class="number">Took</th></tr></thead>
                  <tbody>{sorted(data, sort as SortName).map((job) => <Row key={job.id} job={job} isChosen={chosen.includes(job.id)} onChoose={choose} />)}</tbody>
                </table>
              </div>
              <p class="row">
                {after !== undefined && <a href={href(['jobs'], { ...query, after: undefined })}>Newest</a>}
                {hasMore && <a href={href(['jobs'], { ...query, after: last! })}>Older</a>}
                {hasMore && sort !== 'created' && <span class="quiet">Sorted within these {PAGE}.</span>}
              </p>
            </>
          )}
      </Loaded>
    </>
  );
}

function Row({ job, isChosen, onChoose }: { job: JobSummary; isChosen: boolean; onChoose: (id: string, isIn: boolean) => void }) {
  const { id, name, type, status, progress, created_at: created, started_at: started, finished_at: finished, metadata, error } = job;
  const lead = leadMetric(job.metrics);
  return (
    <tr onDblClick={() => go(href(['jobs', id]))}>
      <td><input type="checkbox" aria-label={`Choose ${name ?? id}`} checked={isChosen} onChange={(event) => onChoose(id, event.currentTarget.checked)} /></td>
      <td class="name"><a href={href(['jobs', id])}>{name ?? shortId(id)}</a> {Object.entries(metadata).map(([key, value]) => <span key={key} class="tag">{key}={value}</span>)}</td>
      <td>{KIND_TITLES[type]}</td>
      <td><Status of={status} />{error !== null && <div class="quiet" title={error.message}>{error.code}</div>}</td>
      <td>{progress !== null && !isTerminal(status) ? <><Progress of={progress} label={`Progress of ${name ?? id}`} /><div class="quiet"><TimeLeft of={progress} /></div></> : null}</td>
      <td class="number">{lead && <span title={lead.name}>{metric(lead.name, lead.value)}</span>}</td>
      <td><When at={created} /></td>
      <td class="number">{started !== null && finished !== null ? duration((Date.parse(finished) - Date.parse(started)) / 1000) : ''}</td>
    </tr>
  );
}

/** `key=value`, as the service takes it. */
function tagOf(tag: string | undefined): Record<string, string> | undefined {
  const [key, value] = (tag ?? '').split(/=(.*)/s);
  return key && value !== undefined ? { [key]: value } : undefined;
}

/** A screen reader hears of jobs that ended since the last look. */
function tellChanges(jobs: readonly JobSummary[] | undefined): void {
  const before = useRef(new Map<string, JobStatus>());
  for (const { id, name, status } of jobs ?? []) {
    const was = before.current.get(id);
    if (was !== undefined && was !== status && isTerminal(status)) announce(`${name ?? id} has ${status}.`);
    before.current.set(id, status);
  }
}

function NoJobs({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <div class="empty"><p>No job is like this.</p><a href={href(['jobs'])}>Show all</a></div>;
  return (
    <div class="empty">
      <p>No job has been submitted yet. A data set comes first: bring one, or have one drawn.</p>
      <p class="row center"><a class="button" href={href(['datasets'])}>Data sets</a>{mayAct.value && <a class="button primary" href={href(['jobs', 'new'])}>New job</a>}</p>
    </div>
  );
}

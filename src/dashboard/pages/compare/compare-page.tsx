// Two to six jobs, side by side.
import { useRef } from 'preact/hooks';
import type { Job } from '../../../contract/job.js';
import { isTerminal } from '../../../contract/job-states.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { Problem } from '../../parts/problem.js';
import { Status } from '../../parts/status.js';
import { Title } from '../../parts/title.js';
import { href, place, setQuery } from '../../route.js';
import { client } from '../../session.js';
import { KIND_TITLES } from '../job-kinds.js';
import { Key } from '../../chart/key.js';
import { nameOf } from './job-key.js';
import { Overlaid, type Curve } from './overlaid.js';
import { Parallel } from './parallel.js';
import { rowsOf } from './spec-values.js';
import { Differences, Metrics } from './tables.js';

const MOST = 6;
const POINTS = 1_000;
const LOOK_EVERY_MS = 2_000;

type Answer = Curve | { id: string; failure: unknown };

/** One that is not there any more does not hide the others. */
const ask = async (id: string, at: number, signal: AbortSignal): Promise<Answer> => {
  try {
    const [job, points] = await Promise.all([client.value.jobs.get(id, { signal }) as Promise<Job>, client.value.jobs.metrics(id, { points: POINTS }, { signal })]);
    return { job, place: at, points };
  } catch (failure) {
    if (signal.aborted || !(failure instanceof Error && 'status' in failure && failure.status === 404)) throw failure;
    return { id, failure };
  }
};

export function ComparePage() {
  const { ids = '' } = place.value.query;
  const asked = [...new Set(ids.split(',').filter((id) => id !== ''))].slice(0, MOST);
  return (
    <>
      <Title text="Compare jobs" />
      {asked.length < 2 ? <div class="empty"><p>Two to {MOST} jobs can be compared: choose them in the list.</p><a class="button" href={href(['jobs'])}>Jobs</a></div> : <Compared ids={asked} />}
    </>
  );
}

function Compared({ ids }: { ids: readonly string[] }) {
  // Once all have ended nothing changes any more.
  const isOver = useRef(false);
  const live = useLive<Answer[]>(`compare ${ids.join()}`, (signal) => Promise.all(ids.map((id, at) => ask(id, at, signal))), isOver.current ? undefined : LOOK_EVERY_MS);
  isOver.current = live.data?.every((answer) => 'failure' in answer || isTerminal(answer.job.status)) === true;
  return (
    <Loaded live={live}>
      {(answers) => {
        const curves = answers.filter((answer) => 'job' in answer);
        const jobs = curves.map(({ job }) => job);
        const rows = rowsOf(jobs);
        const without = (id: string): void => setQuery({ ids: ids.filter((other) => other !== id).join() });
        return (
          <>
            <ul class="keys">
              {curves.map(({ job, place: at }) => (
                <li key={job.id}><Key place={at} /> <a href={href(['jobs', job.id])}>{nameOf(job)}</a> <span class="quiet">{KIND_TITLES[job.type]}</span> <Status of={job.status} /> <CopyAs request={{ method: 'GET', path: `/v1/jobs/${job.id}`, call: `jobs.get('${job.id}')`, command: `jobs show ${job.id}` }} /> <button type="button" class="small" aria-label={`Leave out ${nameOf(job)}`} onClick={() => without(job.id)}>Leave out</button></li>
              ))}
            </ul>
            {answers.map((answer) => 'failure' in answer && <div key={answer.id}><Problem of={answer.failure} onAgain={() => without(answer.id)} /></div>)}
            <Overlaid curves={curves} />
            <Parallel jobs={jobs} places={curves.map((curve) => curve.place)} rows={rows} />
            <Metrics jobs={jobs} />
            <Differences jobs={jobs} rows={rows} />
          </>
        );
      }}
    </Loaded>
  );
}

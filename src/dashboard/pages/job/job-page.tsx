// One job: what it is doing, what it learns, what became of it.
import { useRef } from 'preact/hooks';
import { trains } from '../../../contract/job-kinds.js';
import { isTerminal } from '../../../contract/job-states.js';
import type { Job } from '../../../contract/job.js';
import { useEvents } from '../../live/use-events.js';
import { useLive } from '../../live/use-live.js';
import { announce } from '../../parts/announce.js';
import { Loaded } from '../../parts/loaded.js';
import { FailureBox } from '../../parts/problem.js';
import { href } from '../../route.js';
import { client } from '../../session.js';
import { Checkpoints } from './checkpoints.js';
import { Curves } from './curves.js';
import { EpochTimes } from './epoch-times.js';
import { Events } from './events.js';
import { JobHead } from './job-head.js';
import { Logs } from './logs.js';
import { Outcome } from './outcome.js';
import { Plan } from './plan.js';
import { PredictionsPart } from '../report/predictions-part.js';
import { ReportPart } from '../report/report-part.js';

const LOOK_EVERY_MS = 1_000;
/** What has ended may be tried again by somebody, or lose its model. */
const LOOK_AFTER_END_EVERY_MS = 10_000;
const lookEveryMs = (job: Job | undefined): number => (job && isTerminal(job.status) ? LOOK_AFTER_END_EVERY_MS : LOOK_EVERY_MS);
const PARTS = { curves: 'Curves', plan: 'Plan', events: 'Events', logs: 'Logs', checkpoints: 'Checkpoints', files: 'Files' } as const;
type Part = keyof typeof PARTS;

export function JobPage({ id, part = 'curves' }: { id: string; part: string | undefined }) {
  const live = useLive(`job ${id}`, (signal) => client.value.jobs.get(id, { signal }) as Promise<Job>, lookEveryMs);
  const times = useRef(new EpochTimes());
  const stream = useEvents(id, (events) => {
    for (const event of events) times.current.note(event);
    const last = events.findLast(({ type }) => /^job\.(running|paused|succeeded|failed|cancelled|expired)$/.test(type));
    if (last) announce(`The job is ${last.type.slice(4)}.`);
    if (events.some(({ type }) => type.startsWith('job.'))) live.again();
  });
  return (
    <Loaded live={live}>
      {(job) => (
        <>
          <JobHead job={job} stream={stream.stream} onChange={live.again} />
          {job.error !== null && <FailureBox of={job.error} />}
          <nav class="tabs" aria-label="Of this job">
            {partsOf(job).map(([name, title]) => <a key={name} href={href(['jobs', id, name])} aria-current={part === name ? 'page' : undefined}>{title}</a>)}
            {job.model !== null && <a href={href(['jobs', id, 'predictions'])} aria-current={part === 'predictions' ? 'page' : undefined}>Predictions</a>}
            {job.status === 'succeeded' && trains(job.spec) && job.type !== 'pretrain' && <a href={href(['jobs', id, 'report'])} aria-current={part === 'report' ? 'page' : undefined}>Report</a>}
          </nav>
          <h2 class="only-heard">{partsOf(job).find(([name]) => name === part)?.[1] ?? 'Report'}</h2>
          <PartOf job={job} part={part as Part} stream={stream} times={times.current} />
        </>
      )}
    </Loaded>
  );
}

/** What trains nothing has no curves: its report is what one comes for. */
const partsOf = ({ spec }: Job): [string, string][] => Object.entries(trains(spec) ? PARTS : { ...PARTS, curves: 'Result' });

function PartOf({ job, part, stream, times }: { job: Job; part: Part | 'predictions' | 'report'; stream: ReturnType<typeof useEvents>; times: EpochTimes }) {
  if (part === 'plan') return <Plan job={job} />;
  if (part === 'events') return <Events events={stream.events} count={stream.count} />;
  if (part === 'logs') return <Logs job={job} />;
  if (part === 'checkpoints') return <Checkpoints job={job} />;
  if (part === 'files') return <Outcome job={job} />;
  if (part === 'predictions') return <PredictionsPart job={job} />;
  if (part === 'report') return <ReportPart job={job} />;
  if (!trains(job.spec)) return job.status === 'succeeded' ? <ReportPart job={job} /> : <Plan job={job} />;
  return <Curves job={job} isLive={!isTerminal(job.status)} times={times} />;
}

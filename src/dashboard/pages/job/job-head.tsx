// The head of a job: state, progress, what can be done.
import { isTerminal } from '../../../contract/job-states.js';
import type { Job } from '../../../contract/job.js';
import { duration, shortId, words } from '../../format.js';
import type { StreamState } from '../../live/use-events.js';
import { Action } from '../../parts/action.js';
import { CopyAs } from '../../parts/copy.js';
import { Facts } from '../../parts/facts.js';
import { Place, Progress, TimeLeft } from '../../parts/progress.js';
import { Status } from '../../parts/status.js';
import { Title } from '../../parts/title.js';
import { When } from '../../parts/when.js';
import { go, href } from '../../route.js';
import { client, mayAct } from '../../session.js';
import { KIND_TITLES } from '../job-kinds.js';
import { Memory } from './memory.js';

export function JobHead({ job, stream, onChange }: { job: Job; stream: StreamState; onChange: () => void }) {
  const { id, name, type, status, progress, queue, engine, threads, attempt, created_at: created, started_at: started, finished_at: finished, retry_of: retryOf } = job;
  const isOver = isTerminal(status);
  return (
    <>
      <Title text={name ?? `${KIND_TITLES[type]} ${shortId(id)}`}>
        <Status of={status} />
        {!isOver && <span class="quiet">{stream === 'waiting' ? 'waiting for the service' : 'live'}</span>}
        <CopyAs request={{ method: 'GET', path: `/v1/jobs/${id}`, call: `jobs.get('${id}')`, command: `jobs show ${id}` }} />
      </Title>
      {progress !== null && !isOver && (
        <div class="panel">
          <Progress of={progress} label="Progress of the job" />
          <p class="row quiet"><Place of={progress} /> <TimeLeft of={progress} /></p>
        </div>
      )}
      {status === 'queued' && queue !== null && <p role="status">{queue.ahead === 0 ? 'Next in the queue.' : `Place ${queue.position} in the queue, ${queue.ahead} ahead.`}</p>}
      <Facts
        rows={[
          ['Kind', KIND_TITLES[type]],
          ['Id', <code key="id">{id}</code>],
          ['Submitted', <When key="at" at={created} />],
          started !== null && ['Took', duration(((finished === null ? Date.now() : Date.parse(finished)) - Date.parse(started)) / 1000)],
          engine !== null && ['Engine', `${engine.name} ${engine.version}, ${engine.device}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`],
          attempt > 1 && ['Attempt', attempt],
          !isOver && ['Memory', <Memory key="memory" job={id} />],
          job.spec.dataset !== null && ['Data set', <a key="dataset" href={href(['datasets', job.spec.dataset])}>{shortId(job.spec.dataset)}</a>],
          retryOf !== null && ['Retry of', <a key="retry" href={href(['jobs', retryOf])}>{shortId(retryOf)}</a>],
          job.model !== null && ['Model', <a key="model" href={href(['models', job.model])}>{shortId(job.model)}</a>],
          job.stop_reason !== null && ['Ended because', words(job.stop_reason)],
          ...Object.entries(job.metadata).map(([key, value]) => [key, value] as const),
        ]}
      />
      <Actions job={job} onChange={onChange} />
    </>
  );
}

/** What the states of contract/job-states.ts let one do. */
function Actions({ job: { id, status }, onChange }: { job: Job; onChange: () => void }) {
  if (!mayAct.value) return null;
  const { jobs } = client.value;
  const then = (asked: Promise<unknown>): Promise<void> => asked.then(onChange);
  const isAtWork = status === 'preparing' || status === 'running';
  return (
    <p class="buttons actions">
      {isAtWork && <Action label="Stop" act={() => then(jobs.stop(id))} done="Training ends now." question="Training ends at the next step, and what was learnt so far becomes the model." />}
      {(isAtWork || status === 'queued') && <Action label="Pause" act={() => then(jobs.pause(id))} done="The job pauses." />}
      {status === 'paused' && <Action label="Resume" kind="primary" act={() => then(jobs.resume(id))} done="The job goes on." />}
      {!isTerminal(status) && status !== 'cancelling' && <Action label="Cancel" kind="danger" act={() => then(jobs.cancel(id))} done="The job is being cancelled." question="The job ends without a result. What it has learnt is lost." />}
      {(status === 'failed' || status === 'cancelled' || status === 'expired') && <Action label="Retry" kind="primary" act={async () => go(href(['jobs', (await jobs.retry(id)).id]))} done="A new job was submitted." />}
      <a class="button" href={href(['jobs', 'new'], { from: id })}>Clone</a>
      {isTerminal(status) && <Action label="Delete" kind="danger" act={async () => { await jobs.delete(id); go(href(['jobs'])); }} done="The job was deleted." question="The record of the job, its events and its checkpoints go. Its model stays." />}
    </p>
  );
}

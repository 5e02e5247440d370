// A job as it goes: its events as lines, on a terminal also a bar and the curve of its loss.
import { TimeoutError, type Job, type JobEvent } from '../client/index.js';
import { isTerminal } from '../contract/job-states.js';
import { endingOf, type Ending } from './exit-codes.js';
import { LiveLine } from './live-line.js';
import { line, metricsText, note, print } from './output.js';
import type { Session } from './session.js';
import { bar, sparkline, timeText } from './sparkline.js';

/** How often a terminal is shown how far it is. */
const LOOK_MS = 1_000;

/**
 * Follows a job to its end; with --json every event is a line of NDJSON, and the job the last.
 * @param timeoutSeconds undefined: as long as it takes
 * @throws TimeoutError
 */
export async function watch(session: Session, id: string, timeoutSeconds: number | undefined): Promise<Ending> {
  const { client, json } = session;
  const signal = timeoutSeconds === undefined ? session.signal : AbortSignal.any([session.signal, passed(id, timeoutSeconds)]);
  const status = new LiveLine();
  const losses: number[] = [];
  const look = async (): Promise<void> => status.set(progressOf(await client.jobs.get(id, { signal }), losses));
  const looking = status.isLive && !json ? setInterval(() => void look().catch(() => undefined), LOOK_MS) : undefined;
  try {
    for await (const event of client.jobs.events(id, { signal })) {
      if (event.type === 'epoch.finished') losses.push(event.data.metrics.val_loss ?? event.data.metrics.loss ?? NaN);
      status.clear();
      if (json) line(event);
      else tell(event);
    }
  } finally {
    clearInterval(looking);
    status.clear();
  }
  const job = await client.jobs.wait(id, { signal });
  if (json) line(job);
  else summarize(job);
  return endingOf(job.status);
}

function passed(id: string, seconds: number): AbortSignal {
  const over = new AbortController();
  setTimeout(() => over.abort(new TimeoutError(`${id} has not ended after ${seconds} s.`)), seconds * 1000).unref();
  return over.signal;
}

function progressOf({ status, progress, queue }: Job, losses: readonly number[]): string {
  if (progress === null || isTerminal(status)) return queue ? `${status}, ${queue.ahead} ahead` : status;
  const left = progress.eta_seconds === null ? '' : `  ${timeText(progress.eta_seconds)} left`;
  const place = progress.epoch === null ? `example ${progress.step}/${progress.steps}` : `epoch ${progress.epoch}/${progress.epochs}`;
  return `${bar(progress.percent)} ${progress.percent.toFixed(0).padStart(3)} %  ${place}${left}  ${sparkline(losses)}`;
}

function tell({ created_at: at, type, data }: JobEvent): void {
  const time = at.slice(11, 19);
  if (type === 'epoch.finished') print(`${time}  ${data.run}, stage ${data.stage + 1}, epoch ${data.epoch}/${data.epochs}: ${metricsText(data.metrics)}`);
  else if (type === 'job.attempt_failed') print(`${time}  attempt ${data.attempt} failed: ${data.error.message}${data.will_retry ? ' It is tried again.' : ''}`);
  else print(`${time}  ${type}`);
}

function summarize({ id, status, model, metrics, error }: Job): void {
  print(`${id} ${status}${model === null ? '' : `, model ${model}`}${Object.keys(metrics).length === 0 ? '' : `: ${metricsText(metrics)}`}`);
  if (error) note(`rootstock: ${error.message}`);
}

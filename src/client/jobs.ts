// /v1/jobs: submit, look, act, wait.
import type { AnyJobRequest } from '../contract/any-job-request.js';
import type { Checkpoint } from '../contract/checkpoint.js';
import type { CompareReport } from '../contract/compare-report.js';
import type { EvaluateReport } from '../contract/evaluate-report.js';
import type { ExplainReport } from '../contract/explain-report.js';
import type { ExportReport } from '../contract/export-report.js';
import type { JobEstimate } from '../contract/estimate.js';
import type { JobEvent } from '../contract/event.js';
import type { ExamplePrediction } from '../contract/example-prediction.js';
import type { JobSchema } from '../contract/job-schema.js';
import { isTerminal } from '../contract/job-states.js';
import type { Job, JobSummary, JobType } from '../contract/job.js';
import type { LogLine } from '../contract/log-line.js';
import type { BundleFile } from '../contract/model.js';
import type { Predictions } from '../contract/prediction.js';
import type { RateReport } from '../contract/rate-report.js';
import type { MetricPoint } from '../contract/run.js';
import type { ListOf } from '../contract/schema.js';
import type { TransferReport } from '../contract/transfer-report.js';
import type { Connection } from './connection.js';
import { TimeoutError } from './errors.js';
import { follow, type FollowOptions } from './event-stream.js';
import { download, type Download, type DownloadOptions } from './files.js';
import type { JobFilter, LogFilter, MetricsFilter, PredictionFilter } from './job-filters.js';
import { liveJob, type JobWaitOptions, type LiveJob } from './live-job.js';
import { Listing } from './listing.js';
import type { CallOptions } from './options.js';
import { predict, type Asked } from './predictions.js';
import { part } from './query.js';
import { deadline } from './until.js';

/** Below what the service allows at most, 50. */
const LOOK_SECONDS = 25;

export class Jobs {
  constructor(private readonly connection: Connection) {}

  /**
   * Submits a job. What is answered has `wait()`, `events()` and `cancel()` of its own.
   * @example
   * const submitted = await client.jobs.submit({ type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [16] }, training: { epochs: 1 } });
   * const { status, metrics } = await submitted.wait();
   * console.log(status, metrics.test_accuracy);
   */
  async submit(request: AnyJobRequest, options: CallOptions = {}): Promise<LiveJob> {
    return liveJob(this, await this.connection.post<Job>('/v1/jobs', request, options));
  }

  /**
   * What a job would take; nothing is created.
   * @example
   * const { seconds, memory_bytes } = await client.jobs.estimate({ type: 'pretrain', dataset, model: { architecture: 'mlp' } });
   */
  estimate(request: AnyJobRequest, options: CallOptions = {}): Promise<JobEstimate> {
    return this.connection.post('/v1/jobs', request, options, { dry_run: true });
  }

  /**
   * What a kind of job takes, and a request ready to send.
   * @example
   * const { template } = await client.jobs.schema('pretrain');
   */
  schema(type: JobType, baseModel?: string, options: CallOptions = {}): Promise<JobSchema> {
    return this.connection.json('/v1/jobs/schema', { query: { type, base_model: baseModel } }, options);
  }

  /**
   * Jobs, newest first.
   * @example
   * for await (const { id, status } of client.jobs.list({ type: 'pretrain', metadata: { team: 'a' } })) console.log(id, status);
   */
  list(filter: JobFilter = {}, options: CallOptions = {}): Listing<JobSummary> {
    return new Listing(this.connection, '/v1/jobs', { ...filter }, options);
  }

  /**
   * One job.
   * @example
   * const { status, progress } = await client.jobs.get(longJob);
   */
  async get(id: string, options: CallOptions = {}): Promise<LiveJob> {
    return liveJob(this, await this.connection.json<Job>(path(id), {}, options));
  }

  /**
   * The job once it has ended, whatever its end: look at its `status`. The service is asked to answer when there is something new.
   * @throws TimeoutError after `waitMs`; the job goes on
   * @example
   * const { model } = await client.jobs.wait(finishedJob, { onChange: ({ progress }) => console.log(progress?.percent) });
   */
  async wait(id: string, { waitMs, onChange, ...options }: JobWaitOptions = {}): Promise<Job> {
    const until = deadline(waitMs);
    let tag: string | null = null;
    for (;;) {
      const seconds = Math.min(LOOK_SECONDS, Math.ceil(Math.max(until - Date.now(), 0) / 1000));
      const headers: Record<string, string> = { prefer: `wait=${tag === null ? 0 : seconds}`, ...(tag !== null && onChange && { 'if-none-match': tag }) };
      const read = async (response: Response) => ({ tag: response.headers.get('etag'), job: response.status === 304 ? undefined : ((await response.json()) as Job) });
      // The service answers late on purpose: that time is not its silence.
      const timeoutMs = (options.timeoutMs ?? this.connection.usual.timeoutMs) + seconds * 1000;
      const found = await this.connection.read(path(id), { headers }, { ...options, timeoutMs }, read);
      tag = found.tag ?? '';
      if (found.job) onChange?.(found.job);
      if (found.job && isTerminal(found.job.status)) return found.job;
      if (Date.now() >= until) throw new TimeoutError(`${id} has not ended after ${waitMs! / 1000} s.`);
    }
  }

  /**
   * What happens to the job, each event once and in order, from the first on; ends with its last. A connection that breaks is taken up
   * again where it was.
   * @example
   * for await (const event of client.jobs.events(finishedJob)) {
   *   if (event.type === 'epoch.finished') console.log(event.data.epoch, event.data.metrics.loss);
   * }
   */
  events(id: string, options: FollowOptions = {}): AsyncGenerator<JobEvent> {
    return follow(this.connection, `${path(id)}/events`, options);
  }

  /**
   * What has happened so far, oldest first, 1,000 at most.
   * @example
   * const { data } = await client.jobs.pastEvents(finishedJob);
   */
  pastEvents(id: string, { after, ...options }: FollowOptions = {}): Promise<ListOf<JobEvent>> {
    return this.connection.json(`${path(id)}/events`, { query: { after } }, options);
  }

  /**
   * What the processes of the job wrote, oldest first.
   * @example
   * for await (const { level, message } of client.jobs.logs(finishedJob, { level: 'info' })) console.log(level, message);
   */
  logs(id: string, filter: LogFilter = {}, options: CallOptions = {}): Listing<LogLine> {
    return new Listing(this.connection, `${path(id)}/logs`, { ...filter }, options);
  }

  /**
   * Learning curves of the last attempt, oldest first.
   * @example
   * const points = await client.jobs.metrics(finishedJob, { name: ['loss', 'val_accuracy'], points: 100 });
   */
  async metrics(id: string, { name, ...filter }: MetricsFilter = {}, options: CallOptions = {}): Promise<MetricPoint[]> {
    const query = { ...filter, ...(name && { name: name.join(',') }) };
    return (await this.connection.json<{ data: MetricPoint[] }>(`${path(id)}/metrics`, { query }, options)).data;
  }

  /**
   * Checkpoints that are kept, newest first.
   * @example
   * const best = (await client.jobs.checkpoints(finishedJob)).find((checkpoint) => checkpoint.best);
   */
  async checkpoints(id: string, options: CallOptions = {}): Promise<Checkpoint[]> {
    return (await this.connection.json<ListOf<Checkpoint>>(`${path(id)}/checkpoints`, {}, options)).data;
  }

  /**
   * What a fine-tuning, an evaluation, an explanation, a comparison, a range test or an export came to; `object` says which.
   * @example
   * const failure = await client.jobs.report(finishedJob).catch((error: unknown) => error);
   * console.log(failure instanceof NotFoundError && failure.code); // NO_TRANSFER_REPORT: it was a pretraining
   */
  report(id: string, options: CallOptions = {}): Promise<TransferReport | EvaluateReport | CompareReport | RateReport | ExplainReport | ExportReport> {
    return this.connection.json(`${path(id)}/report`, {}, options);
  }

  /**
   * The same as a page that stands alone, of a fine-tuning, an evaluation or a comparison.
   * @example
   * const failure = await client.jobs.reportPage(finishedJob).catch((error: unknown) => error);
   */
  reportPage(id: string, options: CallOptions = {}): Promise<string> {
    return this.connection.read(`${path(id)}/report`, { headers: { accept: 'text/html' } }, options, (response) => response.text());
  }

  /**
   * What the published model said of each test example, as its last evaluation measured it; of an evaluation what its model said of those that it measured: `client.datasets.example` has the example.
   * @example
   * for await (const { dataset, part, index } of client.jobs.predictions(finishedJob, { sort: 'loss', true: '7', predicted: '1' })) {
   *   const { values } = await client.datasets.example(dataset, index, part);
   * }
   */
  predictions(id: string, filter: PredictionFilter = {}, options: CallOptions = {}): Listing<ExamplePrediction> {
    return new Listing(this.connection, `${path(id)}/predictions`, { ...filter }, options);
  }

  /**
   * Files that a succeeded job made.
   * @example
   * const files = await client.jobs.artifacts(finishedJob);
   */
  async artifacts(id: string, options: CallOptions = {}): Promise<BundleFile[]> {
    return (await this.connection.json<{ data: BundleFile[] }>(`${path(id)}/artifacts`, {}, options)).data;
  }

  /**
   * One of them.
   * @example
   * const metrics = JSON.parse(await (await client.jobs.artifact(finishedJob, 'metrics.json')).text());
   */
  artifact(id: string, name: string, options: DownloadOptions = {}): Promise<Download> {
    return download(this.connection, `${path(id)}/artifacts/${part(name)}`, name, options);
  }

  /**
   * What the job has learnt so far says of new examples.
   * @example
   * const { data } = await client.jobs.predict(finishedJob, { instances: [Array.from({ length: 28 }, () => Array(28).fill(0))] });
   */
  predict(id: string, asked: Asked, options: CallOptions = {}): Promise<Predictions> {
    return predict(this.connection, path(id), asked, options);
  }

  /**
   * Ends a job without a result.
   * @example
   * const { id } = await client.jobs.submit({ type: 'pretrain', dataset, model: { architecture: 'mlp' }, training: { epochs: 1000 } });
   * const { status } = await client.jobs.cancel(id);
   */
  cancel(id: string, options: CallOptions = {}): Promise<Job> {
    return this.connection.post(`${path(id)}/cancel`, undefined, options);
  }

  /**
   * Ends training now and keeps what was learnt.
   * @example
   * const failure = await client.jobs.stop(finishedJob).catch((error: unknown) => error);
   */
  stop(id: string, options: CallOptions = {}): Promise<Job> {
    return this.connection.post(`${path(id)}/stop`, undefined, options);
  }

  /**
   * Leaves a job off, to be gone on with later.
   * @example
   * const { id } = await client.jobs.submit({ type: 'pretrain', dataset, model: { architecture: 'mlp' }, training: { epochs: 1000 } });
   * await client.jobs.pause(id);
   * await client.jobs.resume(id);
   * await client.jobs.cancel(id);
   */
  pause(id: string, options: CallOptions = {}): Promise<Job> {
    return this.connection.post(`${path(id)}/pause`, undefined, options);
  }

  /**
   * Lets a paused job go on.
   * @example
   * const failure = await client.jobs.resume(finishedJob).catch((error: unknown) => error);
   */
  resume(id: string, options: CallOptions = {}): Promise<Job> {
    return this.connection.post(`${path(id)}/resume`, undefined, options);
  }

  /**
   * Makes a job once more that failed, was cancelled or expired: a new job with the very spec.
   * @example
   * const { id } = await client.jobs.submit({ type: 'pretrain', dataset, model: { architecture: 'mlp' }, training: { epochs: 1000 } });
   * await client.jobs.cancel(id);
   * await client.jobs.wait(id);
   * const again = await client.jobs.retry(id);
   * await again.cancel();
   */
  async retry(id: string, options: CallOptions = {}): Promise<LiveJob> {
    return liveJob(this, await this.connection.post<Job>(`${path(id)}/retry`, undefined, options));
  }

  /**
   * Makes a job that succeeded once more; the `reproduction` of the new one says whether it came to the same bytes.
   * @example
   * const again = await client.jobs.reproduce(finishedJob);
   * const { reproduction } = await again.wait();
   * console.log(reproduction?.agrees, reproduction?.differs);
   */
  async reproduce(id: string, options: CallOptions = {}): Promise<LiveJob> {
    return liveJob(this, await this.connection.post<Job>(`${path(id)}/reproduce`, undefined, options));
  }

  /**
   * Removes the record of an ended job; its model stays.
   * @example
   * const { id } = await client.jobs.submit({ type: 'pretrain', dataset, model: { architecture: 'mlp' }, training: { epochs: 1000 } });
   * await client.jobs.cancel(id);
   * await client.jobs.wait(id);
   * await client.jobs.delete(id);
   */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.connection.delete(path(id), options);
  }
}

const path = (id: string): string => `/v1/jobs/${part(id)}`;

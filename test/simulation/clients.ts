// The clients of a simulated service: they submit, interfere and look, through an API process that may die before it answers. They keep
// what they were told, for the checker to hold the service to.
import { ServiceError } from '#contract/errors.js';
import { isTerminal, type JobStatus } from '#contract/job-states.js';
import type { JobRequest } from '#contract/job-request.js';
import { cancelJob, pauseJob, resumeJob, stopJob } from '#jobs/control.js';
import { getStoredJob, summaryOf } from '#jobs/query.js';
import { retryJob, submitJob, type JobIds, type SubmitRooms } from '#jobs/submit.js';
import type { Chances, ClientAct } from './chances.js';
import type { Machine } from './machine.js';
import type { Service } from './service.js';

/** What clients know of one job. */
export interface Known {
  ids: JobIds;
  /** Answered with 201. */
  accepted: boolean;
  /** Answered: no artifact will appear. */
  cancelled: boolean;
  /** The end they were shown. */
  ended?: JobStatus;
}

const AGAIN_AFTER_MS = 3_000;
const LIMITS = [undefined, undefined, undefined, undefined, { queue_seconds: 5 }, { run_seconds: 5 }, { queue_seconds: 30, run_seconds: 20 }];

export class Clients {
  readonly jobs = new Map<string, Known>();
  private count = 0;

  constructor(
    private readonly machine: Machine,
    private readonly chances: Chances,
    private readonly service: Service,
    private readonly dataset: string,
    private readonly wrong: (what: string) => void,
    private readonly unforeseen: (who: string, problem: unknown) => void,
  ) {}

  act(kind: ClientAct): void {
    if (kind === 'submit') return this.submit();
    const known = this.jobs.size === 0 ? undefined : this.chances.draw.pick([...this.jobs.values()]);
    if (known) this[kind](known);
  }

  /** In the end every job is to go on. */
  resumeAll(): void {
    for (const known of this.jobs.values()) this.resume(known);
  }

  /** An act of the API for a client. Nothing is told where no process serves, or the one that does dies: the client asks again, or not. */
  private call<T>(what: string, act: (rooms: SubmitRooms) => Promise<T>, answered: (result: T | ServiceError) => void, again = false): void {
    const serving = this.service.apis.filter((api) => api.rooms && api.process.state === 'running');
    const repeat = (): void => void this.machine.later(this.machine.processes[0]!, AGAIN_AFTER_MS, () => this.call(what, act, answered, again));
    if (serving.length === 0) return again ? repeat() : undefined;
    const { process, rooms } = this.chances.draw.pick(serving);
    this.chances.trace(process, `is asked: ${what}`);
    let heard = false;
    const hear = (told: string, result: T | ServiceError): void => {
      heard = true;
      this.chances.trace(process, `answers ${what}: ${told}`);
      answered(result);
    };
    const failed = (problem: unknown): void => {
      // What is refused for its own sake stays refused; the rest is tried again.
      if (problem instanceof ServiceError && problem.status < 500) return hear(problem.code, problem);
      heard = true;
      this.unforeseen(process.name, problem);
      if (again) repeat();
    };
    this.machine.later(process, this.chances.latencyMs(), () => void act(rooms!).then((result) => hear('done', result), failed));
    // A client that is not answered asks another process the same.
    if (again) void this.machine.later(this.machine.processes[0]!, 30_000, () => heard || repeat());
  }

  private submit(): void {
    if (this.jobs.size >= this.chances.options.mostJobs) return;
    const number = (this.count += 1).toString(16).padStart(32, '0');
    const known = this.learn({ job: `job_${number}`, model: `mdl_${number}` });
    const limits = this.chances.draw.pick(LIMITS);
    const request = {
      type: 'pretrain', dataset: this.dataset, model: { architecture: 'mlp', hidden: [4] }, training: { epochs: 1 }, priority: this.chances.draw.whole(0, 10), ...(limits && { limits }),
    } as JobRequest;
    const { job } = known.ids;
    const submit = (): void =>
      this.call(`submit ${job}`, async (rooms) => (await submitJob(rooms, request, known.ids)).job.id, (result) => {
        if (result === job) known.accepted = true;
        else this.wrong(`a sound submission of ${job} was answered by ${String(result)}`);
      }, true);
    submit();
    if (this.chances.draw.chance(0.3)) submit(); // the same Idempotency-Key, at once
  }

  private learn(ids: JobIds): Known {
    const known: Known = { ids, accepted: false, cancelled: false };
    this.jobs.set(ids.job, known);
    return known;
  }

  private cancel(known: Known): void {
    const { job } = known.ids;
    this.call(`cancel ${job}`, (rooms) => cancelJob(rooms, job), (result) => {
      if (!(result instanceof ServiceError)) known.cancelled = true;
    });
  }

  private stop = ({ ids: { job } }: Known): void => this.call(`stop ${job}`, (rooms) => stopJob(rooms, job), () => undefined);
  private pause = ({ ids: { job } }: Known): void => this.call(`pause ${job}`, (rooms) => pauseJob(rooms, job), () => undefined);
  private resume = ({ ids: { job } }: Known): void => this.call(`resume ${job}`, (rooms) => resumeJob(rooms, job), () => undefined);

  private retry(known: Known): void {
    if (this.jobs.size >= this.chances.options.mostJobs) return;
    const number = (this.count += 1).toString(16).padStart(32, '0');
    const ids = { job: `job_${number}`, model: `mdl_${number}` };
    this.call(`retry ${known.ids.job} as ${ids.job}`, (rooms) => retryJob(rooms, known.ids.job, ids), (result) => {
      if (!(result instanceof ServiceError)) this.learn(ids).accepted = true;
    });
  }

  /** A client looks at a job: what it is shown fits together, and an end stays the end. */
  private look(known: Known): void {
    const { job, model } = known.ids;
    // Promises that were made before it looked.
    const { accepted, cancelled, ended } = known;
    this.call(`look at ${job}`, (rooms) => getStoredJob(rooms.store, job), (stored) => {
      if (stored instanceof ServiceError) {
        if (accepted) this.wrong(`${job} was accepted, and is answered with ${stored.code}`);
        return;
      }
      const shown = summaryOf(stored);
      if (ended !== undefined && shown.status !== ended) this.wrong(`${job} was shown as ${ended}, then as ${shown.status}`);
      if (cancelled && !['cancelled', 'cancelling'].includes(shown.status)) this.wrong(`${job} was cancelled, and is shown as ${shown.status}`);
      if (!isTerminal(shown.status)) return;
      known.ended = shown.status;
      if ((shown.model === model) !== (shown.status === 'succeeded')) this.wrong(`${job} is shown as ${shown.status} with the model ${shown.model}`);
      if ((shown.error !== null) !== ['failed', 'expired'].includes(shown.status)) this.wrong(`${job} is shown as ${shown.status} with the error ${shown.error?.code}`);
      if (shown.finished_at === null) this.wrong(`${job} is shown as ${shown.status}, without when`);
    });
  }
}

// A job as it was answered, with what is usually done next at hand.
import type { JobEvent } from '../contract/event.js';
import type { Job } from '../contract/job.js';
import type { FollowOptions } from './event-stream.js';
import type { CallOptions } from './options.js';
import type { WaitOptions } from './until.js';

export interface JobWaitOptions extends WaitOptions {
  /** Told of the job at first and whenever anything of it is new. @default nobody */
  onChange?: ((job: Job) => void) | undefined;
}

/** What `Jobs` can do with a job of this id. */
interface Doing {
  wait(id: string, options?: JobWaitOptions): Promise<Job>;
  events(id: string, options?: FollowOptions): AsyncGenerator<JobEvent>;
  cancel(id: string, options?: CallOptions): Promise<Job>;
}

/**
 * The job as it was when it was answered. Its methods are not seen by `JSON.stringify` and `Object.keys`.
 * @example
 * const job = await client.jobs.submit({ type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [16] }, training: { epochs: 1 } });
 * for await (const { type } of job.events()) console.log(type);
 * const { status } = await job.wait();
 */
export type LiveJob = Job & {
  /** The job once it has ended, whatever its end. */
  wait(options?: JobWaitOptions): Promise<Job>;
  /** What happens to it, from the first event on. */
  events(options?: FollowOptions): AsyncGenerator<JobEvent>;
  /** Ends it without a result. */
  cancel(options?: CallOptions): Promise<Job>;
};

export function liveJob(jobs: Doing, job: Job): LiveJob {
  const { id } = job;
  return Object.defineProperties({ ...job }, {
    wait: { value: (options?: JobWaitOptions) => jobs.wait(id, options) },
    events: { value: (options?: FollowOptions) => jobs.events(id, options) },
    cancel: { value: (options?: CallOptions) => jobs.cancel(id, options) },
  }) as LiveJob;
}

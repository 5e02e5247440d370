// What of jobs, and of what one has, is wanted.
import type { PredictionOrder } from '../contract/example-prediction.js';
import type { JobType } from '../contract/job.js';
import type { JobStatus } from '../contract/job-states.js';
import type { LogLevel } from '../contract/log-line.js';
import type { NamedFilter } from './listing.js';

export interface JobFilter extends NamedFilter {
  /** @default all */
  status?: JobStatus | undefined;
  /** @default all */
  type?: JobType | undefined;
  /** Words that it has among its metadata. @default whatever it has */
  metadata?: Readonly<Record<string, string>> | undefined;
}

export interface LogFilter {
  /** Least level that is wanted. @default all */
  level?: LogLevel | undefined;
  /** Lines of a page, 1 to 1,000. @default 1,000 */
  limit?: number | undefined;
  /** Id of the line after which it goes on. @default from the first that is kept */
  after?: string | undefined;
}

export interface MetricsFilter {
  /** Metrics that are wanted. @default all */
  name?: readonly string[] | undefined;
  /** The run that is wanted. @default all */
  run?: string | undefined;
  /** Most points of each metric of each run; no peak is lost. @default all there are */
  points?: number | undefined;
}

export interface PredictionFilter {
  /** index: as they lie in their part; loss: the greatest first. @default index */
  sort?: PredictionOrder | undefined;
  /** Name of the class that they are of. @default all */
  true?: string | undefined;
  /** Name of the class that was predicted. @default all */
  predicted?: string | undefined;
  /** Examples of a page, 1 to 1,000. @default 100 */
  limit?: number | undefined;
  /** Id of the example after which it goes on, which is its index. @default from the first */
  after?: string | undefined;
}

// What the routes work with: the rooms as they were wired, and the few settings that show in answers.
import type { Retention } from '../contract/system.js';
import type { EventLog } from '../events/event-log.js';
import type { JobQuota } from '../jobs/quota.js';
import type { Catalogue } from '../models/catalogue/load.js';
import type { Networks } from '../predictions/find.js';
import type { PredictPool } from '../predictions/pool.js';
import type { Queue } from '../queue/queue.js';
import type { Store } from '../store/store.js';

export interface Rooms {
  store: Store;
  queue: Queue;
  events: EventLog;
  /** How many jobs may wait. */
  quota: JobQuota;
  /** Memory one job may need, in bytes. */
  memoryLimitBytes: number;
  /** Largest upload of one data set or model, in bytes. */
  maxUploadBytes: number;
  /** Whether data sets and models may be fetched from private networks. */
  allowPrivate: boolean;
  /** Base models that are known by a name. */
  catalogue: Catalogue;
  /** Which networks can be asked. */
  networks: Networks;
  /** The processes that answer. */
  predictions: PredictPool;
  version: string;
  /** How much is kept of what has ended. */
  retention: Retention;
}

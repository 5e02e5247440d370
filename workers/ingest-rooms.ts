// What a worker needs to fetch and read data sets.
import type { Store } from '#store/store.js';
import type { Limits } from './supervisor.js';

export interface IngestRooms {
  store: Store;
  limits: Limits;
  maxBytes: number;
  /** How often the child of each data set died on this worker; forgotten with it, which only means one more try. */
  deaths: Map<string, number>;
  /** Whether files may be fetched from private networks. @default false */
  allowPrivate?: boolean;
}

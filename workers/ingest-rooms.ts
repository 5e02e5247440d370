// What a worker needs to fetch and read data sets.
import type { ReadRooms } from './read-attempt.js';

export interface IngestRooms extends ReadRooms {
  /** Whether files may be fetched from private networks. @default false */
  allowPrivate?: boolean;
}

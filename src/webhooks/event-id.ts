// Ids that follow from what they name: whoever finds the same event, after a crash or in another process, gives it the same id.
import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { ID_PREFIXES } from '../contract/ids.js';

/** A UUID of version 7 of that time, whose random bits are drawn from the parts. */
function derived(kind: 'event' | 'delivery', at: string, parts: readonly string[]): string {
  const random = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  return `${ID_PREFIXES[kind]}_${uuidv7({ msecs: Date.parse(at), random }).replaceAll('-', '')}`;
}

/** @param of the job, data set or model @param number its place in the log of a job */
export const eventId = (of: string, number: string, type: string, at: string): string => derived('event', at, [of, number, type, at]);

/** Of an event on its first way to an endpoint. */
export const deliveryId = (webhook: string, event: string, at: string): string => derived('delivery', at, [webhook, event]);

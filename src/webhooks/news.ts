// What there is to tell of a job, a data set or a model, from what is stored of it. The same whenever and by whomever it is looked at.
import type { JobEvent } from '../contract/event.js';
import { isWebhookEvent, type WebhookEvent } from '../contract/webhook.js';
import { DATASET_OUTCOME, findDataset, listDatasetIds } from '../datasets/registry.js';
import { isLast, readLog } from '../events/lines.js';
import { listJobIds } from '../jobs/query.js';
import { ACCEPTED_JOB, type AcceptedJob } from '../jobs/records.js';
import { findImport, IMPORT_OUTCOME, listImportIds } from '../models/imports/registry.js';
import { readRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import type { Happening } from './deliveries.js';
import { eventId } from './event-id.js';

export interface News {
  /** Oldest first. */
  happenings: Happening[];
  /** From where to read on. */
  end: number;
  /** There will be none besides. */
  over: boolean;
}

/** A sort of things that there is news of. */
export interface Source {
  list(store: Store): Promise<string[]>;
  /** What is new from a place on, which an earlier answer named; undefined where there is no such thing. */
  news(store: Store, id: string, from: number): Promise<News | undefined>;
}

/** Behind all lines of a log there is its last event. */
export const LAST_ALONE = Number.MAX_SAFE_INTEGER;

const JOBS: Source = {
  list: listJobIds,
  async news(store, id, from) {
    const log = await readLog(store, id, from);
    const job = log && (await readRecord(store, ACCEPTED_JOB, id));
    if (!job) return undefined;
    return { happenings: log.events.flatMap((event) => ofJob(job, event)), end: log.end, over: isLast(log.events.at(-1)) };
  },
};

function ofJob({ id, type, name, created_at, retry_of, metadata, origin }: AcceptedJob, event: JobEvent): Happening[] {
  if (!isWebhookEvent(event.type)) return [];
  const data = { job: { id, type, name, created_at, retry_of, metadata }, ...event.data };
  return [{ id: eventId(id, event.id, event.type, event.created_at), type: event.type, at: event.created_at, data, traceparent: origin?.traceparent ?? null }];
}

const DATASETS: Source = {
  list: listDatasetIds,
  async news(store, id) {
    const dataset = await findDataset(store, id);
    if (!dataset) return undefined;
    const { name, created_at, status, error } = dataset;
    if (status !== 'ready' && status !== 'invalid') return PENDING;
    const { at } = (await readRecord(store, DATASET_OUTCOME, id))!;
    return once(id, `dataset.${status}`, at, { dataset: { id, name, created_at }, ...(error && { error }) });
  },
};

const MODELS: Source = {
  list: listImportIds,
  async news(store, id) {
    const found = await findImport(store, id);
    if (!found) return undefined;
    const { status, error, accepted: { name, created_at } } = found;
    const outcome = await readRecord(store, IMPORT_OUTCOME, id);
    if (status === 'importing' || !outcome) return PENDING;
    return once(id, `model.${status}`, outcome.at, { model: { id, name, created_at }, ...(error && { error }) });
  },
};

const PENDING: News = { happenings: [], end: 0, over: false };

const once = (id: string, type: WebhookEvent, at: string, data: object): News => ({ happenings: [{ id: eventId(id, '1', type, at), type, at, data, traceparent: null }], end: 0, over: true });

export const SOURCES = { job: JOBS, dataset: DATASETS, model: MODELS } as const satisfies Record<string, Source>;

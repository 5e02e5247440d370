// An attempt at a job without its training: all that is staged, decided and published, by the service's own functions.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plansOf } from '../../dist/contract/plans.js';
import { attemptFence, JOB_STATE } from '../../dist/jobs/records.js';
import { findJob } from '../../dist/jobs/query.js';
import { conclude, settle } from '../../dist/jobs/settle.js';
import { moved } from '../../dist/jobs/state.js';
import { describeFiles, writeManifest } from '../../dist/models/bundle.js';
import { writeRecord, writeRecordOnce } from '../../dist/store/records.js';

/** @typedef {import('./rooms.mjs').Rooms} Rooms */

const FILES = ['model.json', 'group1-shard1of1.bin'];
/** Says in the bundle which attempt made it. */
export const MAKER_FILE = FILES[0];

/** Takes the attempt, has the job run and a bundle of it staged. @param {Rooms} rooms @param {string} id @param {number} attempt */
export async function stageBundle({ store }, id, attempt) {
  const now = new Date().toISOString();
  await writeRecordOnce(store, attemptFence(attempt), id, { worker: String(process.pid), at: now });
  const stored = await findJob(store, id);
  if (!stored) throw new Error(`${id} is not there`);
  const { job, state } = stored;
  await writeRecord(store, JOB_STATE, id, { ...moved(moved(state, 'preparing', now, null), 'running', now, null), attempt });
  const staging = await store.stage(`${id}.${attempt}`);
  await writeFile(join(staging.path, MAKER_FILE), JSON.stringify({ attempt }));
  await writeFile(join(staging.path, FILES[1]), Buffer.alloc(10_000, attempt));
  const [spec] = plansOf(job.spec);
  await writeManifest(staging.path, {
    id: job.model ?? job.id,
    object: 'model',
  status: 'ready',
  source: { kind: 'job' },
    name: null,
    created_at: job.created_at,
    job: id,
    dataset: spec.dataset,
    base_model: null,
    architecture: spec.architecture,
    parameters: 0,
    labels: spec.class_names,
    preprocessing: { input: { shape: [1], dtype: 'uint8' }, steps: [] },
    metrics: {},
    weights_digest: '0'.repeat(64),
    files: await describeFiles(staging.path, FILES),
  });
  return staging;
}

/** Decides that the job has succeeded by this attempt and makes it true, as a worker does. @param {Rooms} rooms @param {string} id @param {number} attempt @param {import('../../dist/store/store.js').Staging} staging */
export async function publish({ store, events }, id, attempt, staging) {
  await store.seal(staging);
  await settle(store, id, {
    status: 'succeeded', at: new Date().toISOString(), attempt, staging: staging.name, stop_reason: 'completed', weights_digest: '0'.repeat(64), metrics: {}, runs: [],
  });
  await conclude(store, events, id);
}

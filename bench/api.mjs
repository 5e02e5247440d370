// What the API bears: readers of events, looks at a job, jobs submitted, long lists, predictions. Each part has a service of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { startForDemo } from '../scripts/demo/service.mjs';
import { polls } from './api/polls.mjs';
import { predictions } from './api/predictions.mjs';
import { streams } from './api/streams.mjs';
import { lists, submissions } from './api/submissions.mjs';
import { benchApi } from './service-api.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const isQuick = options.quick;

/** @typedef {{ service: Awaited<ReturnType<typeof startForDemo>>, api: ReturnType<typeof benchApi>, pool: Pool, dataset: string }} Place */
/** Name, settings of the service, what is measured. @type {[string, Record<string, string>, (place: Place) => Promise<object>][]} */
const PARTS = [
  ['streams', {}, ({ api, service, dataset }) => streams(api, service, { dataset, readers: 500, seconds: isQuick ? 20 : 65 })],
  ['polls', {}, ({ api, pool, dataset }) => polls(api, pool, { dataset, seconds: isQuick ? 5 : 15, rounds: isQuick ? 1 : 5 })],
  ['predictions', {}, ({ api, pool, dataset }) => predictions(api, pool, { dataset, single: isQuick ? 200 : 2_000, batched: isQuick ? 40 : 400 })],
  // With nobody to make them the jobs are there to be listed.
  ['submissions', { WORKERS: '0' }, async ({ pool, dataset }) => ({
    submitted: await submissions(pool, { dataset, seconds: isQuick ? 5 : 30 }),
    listed: await lists(pool, { dataset, jobs: isQuick ? 1_000 : 10_000 }),
  })],
];

/** @type {Record<string, unknown>} */
const measured = { machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`, load: loadavg()[0] };
for (const [name, settings, measure] of PARTS) {
  if (options.only !== undefined && !options.only.split(',').includes(name)) continue;
  const found = await inPlace(settings, measure);
  measured[name] = found;
  process.stderr.write(`${name}: ${JSON.stringify(found, null, 2)}\n`);
}
if (options.json) process.stdout.write(`${JSON.stringify(measured)}\n`);

/** @param {Record<string, string>} settings @param {(place: Place) => Promise<object>} measure */
async function inPlace(settings, measure) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
  try {
    const dataset = await generated(dataFolder);
    const service = await startForDemo(dataFolder, settings);
    const pool = new Pool(service.url, { connections: 64 });
    try {
      return await measure({ service, api: benchApi(service.url, { pollMs: 50 }), pool, dataset });
    } finally {
      await pool.close();
      await service.stop();
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** A data set that is ready, whether or not the part has a worker. @param {string} dataFolder @returns {Promise<string>} its id */
async function generated(dataFolder) {
  const service = await startForDemo(dataFolder);
  try {
    const api = benchApi(service.url, { pollMs: 50 });
    const { id } = await api.ask('/v1/datasets', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ generate: { name: 'glyph_digits', examples: 6_000, seed: 1 } }) });
    await api.until(`/v1/datasets/${id}`, 'ready');
    return id;
  } finally {
    await service.stop();
  }
}

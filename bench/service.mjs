// How long a job takes through the whole service: the article's network, five epochs of MNIST, from POST to succeeded, with a
// breakdown of the way. Twice: on a worker at rest, and one job straight after the other.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apiOf } from '../scripts/demo/api.mjs';
import { startForDemo } from '../scripts/demo/service.mjs';
import { machine, sgemmCeiling } from './training/machine.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } });
const JOBS = options.quick ? 3 : 7;
/** A worker is at rest when its next child has had the time to get ready. */
const REST_MS = 3_000;
const POLL_MS = 10;
const mnist = join(process.env.ROOTSTOCK_REAL_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url)), 'mnist');
const isReal = existsSync(mnist);
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);
if (!isReal) say('There is no MNIST where ROOTSTOCK_REAL_DATA says, or in ../shared/data: it takes generated digits, which are fewer. Compare nothing here with a run on MNIST.');
// Seconds mean little without it: of hosts that call their processors by one name, some are three times as fast as others.
const ceiling = await sgemmCeiling();
const speed = 'gigaflops' in ceiling ? `SGEMM ceiling ${Math.round(ceiling.gigaflops)} GFLOP/s` : `SGEMM ceiling not measured: ${ceiling.reason}`;

const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
const service = await startForDemo(dataFolder);
try {
  const dataset = await apiOf(service.url, process.stderr).dataset('digits', isReal ? mnist : undefined, 'glyph_digits');
  const request = { type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [128] }, training: { epochs: 5, batch_size: 32, seed: 1 } };
  await timeJob(request); // the first job of a service finds nothing in the caches of the system
  const series = { 'at rest': await timeJobs(request, REST_MS), 'one after the other': await timeJobs(request, 0) };
  for (const [name, jobs] of Object.entries(series)) printTable(name, jobs);
  if (options.json) process.stdout.write(`${JSON.stringify(series)}\n`);
} finally {
  await service.stop();
  await rm(dataFolder, { recursive: true, force: true });
}

/** @typedef {Record<string, number>} Times milliseconds of each part of a job's way */

/** @param {object} request @param {number} restMs @returns {Promise<Times[]>} */
async function timeJobs(request, restMs) {
  const jobs = [];
  while (jobs.length < JOBS) {
    await delay(restMs);
    jobs.push(await timeJob(request));
  }
  return jobs;
}

/** @param {object} request @returns {Promise<Times>} */
async function timeJob(request) {
  const submittedMs = Date.now();
  const { id } = await ask('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
  const acceptedMs = Date.now();
  let firstStepsMs = 0;
  for (;;) {
    const { status, progress, error } = await ask(`/v1/jobs/${id}`);
    if (firstStepsMs === 0 && progress !== null) firstStepsMs = Date.now();
    if (status === 'succeeded') break;
    if (error) throw new Error(error.message);
    await delay(POLL_MS);
  }
  const succeededMs = Date.now();
  /** @type {{ type: string, created_at: string }[]} */
  const events = (await ask(`/v1/jobs/${id}/events`)).data;
  const at = (/** @type {string} */ type) => Date.parse(events.find((event) => event.type === type)?.created_at ?? '');
  const [preparing, running, recorded, finalizing] = ['job.preparing', 'job.running', 'run.steps_ready', 'job.finalizing'].map(at);
  return {
    'POST answered': acceptedMs - submittedMs,
    'queued → preparing (a worker has it)': preparing - at('job.queued'),
    'preparing → running (its child has it)': running - preparing,
    'running → step recorded (data, network)': recorded - running,
    'step recorded → first steps seen': firstStepsMs - recorded,
    'first steps seen → finalizing': finalizing - firstStepsMs,
    'finalizing → succeeded seen': succeededMs - finalizing,
    'queued → first steps seen': firstStepsMs - at('job.queued'),
    'POST → succeeded seen': succeededMs - submittedMs,
  };
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
async function ask(path, init) {
  const answer = await fetch(service.url + path, init);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** @param {string} name @param {Times[]} jobs */
function printTable(name, jobs) {
  say(`\n${JOBS} jobs, ${name}; ${machine()}, ${speed}; ${isReal ? 'MNIST' : 'generated digits'}\n`);
  say('| part | ms (median) | min – max |\n|---|---|---|');
  for (const part of Object.keys(jobs[0] ?? {})) {
    const sorted = jobs.map((job) => job[part] ?? NaN).sort((a, b) => a - b);
    say(`| ${part} | ${sorted[Math.floor(sorted.length / 2)]} | ${sorted[0]} – ${sorted.at(-1)} |`);
  }
}

// How good the time left is that a running job tells: jobs of every kind, looked at all the time, each look held against when the job really ended.
// Writes bench/eta-results.md.
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { jobsToMake } from './eta/jobs.mjs';
import { summaryOf, tableOf } from './eta/summary.mjs';
import { benchApi } from './service-api.mjs';
import { startForDemo } from '../scripts/demo/service.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, looks: { type: 'string' } } });
const LOOK_EVERY_MS = 100;
const say = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);

const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
const service = await startForDemo(dataFolder);
const { ask, until, ended } = benchApi(service.url, { pollMs: 50 });
/** @type {import('./eta/summary.mjs').Watched[]} */
const jobs = [];
try {
  const [digits, letters, few] = [await generated('glyph_digits', 12_000), await generated('glyph_letters', 8_000), await generated('glyph_letters', 600)];
  await ended({ type: 'pretrain', dataset: digits, model: { architecture: 'mlp' }, training: { epochs: 1 } });
  const wanted = jobsToMake({ digits, letters, few });
  /** @type {Map<string, string>} */
  const models = new Map();
  for (const { name, base, request } of options.quick ? wanted.filter((_, index) => index < 2 || index % 6 === 0) : wanted) {
    const watched = await watch(name, { ...request, ...(base && { base_model: models.get(base) }) });
    if (watched.model) models.set(name, watched.model);
    jobs.push(watched);
    if (options.looks) await appendFile(options.looks, `${JSON.stringify(watched)}\n`);
    say(`${name}: ${watched.seconds.toFixed(1)} s, ${watched.looks.length} looks`);
  }
} finally {
  await service.stop();
  await rm(dataFolder, { recursive: true, force: true });
}
const page = `# How good the time left is

\`npm run bench -- eta\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}. ${jobs.length} jobs, one after the other, each looked at ${1000 / LOOK_EVERY_MS} times a second while it told a time left. What it
told (\`eta_seconds\`) is held against what was left really, until \`finished_at\`: how far it was off, in parts of the whole time at work, and how often the job was done by \`eta_p90_seconds\`. Of each job the mean over its
looks in that part of its time; of the jobs the median, and the tenth that were furthest off.

${tableOf(summaryOf(jobs))}
`;
if (options.quick) say(page);
else await writeFile(new URL('./eta-results.md', import.meta.url), page);
if (options.json) process.stdout.write(`${JSON.stringify({ jobs: jobs.length, parts: summaryOf(jobs) })}\n`);

/** @param {string} name @param {object} request @returns {Promise<import('./eta/summary.mjs').Watched>} */
async function watch(name, request) {
  const { id } = await ask('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
  const looks = [];
  for (;;) {
    const job = await ask(`/v1/jobs/${id}`);
    if (job.error) throw new Error(`${name}: ${job.error.message}`);
    const { status, started_at: startedAt, finished_at: finishedAt, progress, model } = job;
    if (finishedAt !== null) {
      const endMs = Date.parse(finishedAt);
      const beginMs = Date.parse(startedAt);
      return { name, seconds: (endMs - beginMs) / 1000, model, looks: looks.map(({ atMs, ...look }) => ({ ...look, passed: (atMs - beginMs) / 1000, left: (endMs - atMs) / 1000 })) };
    }
    if (progress && progress.eta_seconds !== null && ['running', 'finalizing'].includes(status)) looks.push({ atMs: Date.now(), ...progress });
    await delay(LOOK_EVERY_MS);
  }
}

/** @param {string} name @param {number} examples @returns {Promise<string>} */
async function generated(name, examples) {
  const { id } = await ask('/v1/datasets', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, generate: { name, examples, seed: 1 } }) });
  await until(`/v1/datasets/${id}`, 'ready');
  return id;
}

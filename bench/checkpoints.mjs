// What writing checkpoints costs a job: the same jobs on a service that writes one as often as it may, and on one that never does, in turns.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiOf } from '../scripts/demo/api.mjs';
import { startForDemo } from '../scripts/demo/service.mjs';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' }, only: { type: 'string' } },
});
const ROUNDS = Number(options.rounds);
const BAR = 0.05;
const NEVER = '86400';
const OFTEN = '0.1';
const OPTIMIZER = { name: 'adam' };
/** The article's network has 1.2 MB with its moments; the wide one 75 MB, which takes a disk a while. */
const NETWORKS = { article: { hidden: [128], epochs: options.quick ? 10 : 150 }, wide: { hidden: [2048, 2048], epochs: options.quick ? 4 : 8 } };
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

/** @typedef {{ url: string, dataset: string, stop: () => Promise<unknown>, folder: string }} Bench */
/** @type {Bench[]} */
const services = [];
try {
  const [often, never] = [await open(OFTEN), await open(NEVER)];
  /** @type {Record<string, object>} */
  const result = {};
  for (const [name, { hidden, epochs }] of Object.entries(NETWORKS).filter(([network]) => (options.only ?? network) === network)) {
    const request = { type: 'pretrain', model: { architecture: 'mlp', hidden }, training: { epochs, optimizer: OPTIMIZER, seed: 1 } };
    /** @type {{ with: number, without: number, checkpoints: number }[]} */
    const rounds = [];
    for (let round = -1; round < ROUNDS; round += 1) {
      const order = round % 2 === 0 ? [often, never] : [never, often];
      /** @type {Map<Bench, { seconds: number, checkpoints: number }>} */
      const taken = new Map();
      for (const service of order) taken.set(service, await take(service, request));
      const [one, other] = [taken.get(often), taken.get(never)];
      if (!one || !other || one.checkpoints === 0 || other.checkpoints > 0) throw new Error('one job must write checkpoints, and the other none');
      // The first of each finds nothing in the caches of the system.
      if (round >= 0) rounds.push({ with: one.seconds, without: other.seconds, checkpoints: one.checkpoints });
    }
    const overhead = middle(rounds.map((round) => round.with / round.without - 1));
    result[name] = { overhead, rounds };
    say(`${name}: ${(100 * overhead).toFixed(1)} % longer with ${middle(rounds.map(({ checkpoints }) => checkpoints))} checkpoints in ${middle(rounds.map((round) => round.with)).toFixed(1)} s (medians of ${ROUNDS}; bar: ${100 * BAR} %)`);
  }
  say(`${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  for (const { stop, folder } of services) {
    await stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} seconds @returns {Promise<Bench>} */
async function open(seconds) {
  const folder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
  process.env.CHECKPOINT_SECONDS = seconds;
  const { url, stop } = await startForDemo(folder);
  const dataset = await apiOf(url, process.stderr).dataset('digits', undefined, 'glyph_digits');
  const service = { url, dataset, stop, folder };
  services.push(service);
  return service;
}

/** @param {Bench} service @param {object} request */
async function take({ url, dataset }, request) {
  const job = await apiOf(url, process.stderr).job('job', { ...request, dataset });
  /** @type {{ type: string }[]} */
  const events = (/** @type {any} */ (await (await fetch(`${url}/v1/jobs/${job.id}/events`)).json())).data;
  return { seconds: job.runs[0].seconds, checkpoints: events.filter(({ type }) => type === 'job.checkpoint').length };
}

/** @param {number[]} values */
function middle(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

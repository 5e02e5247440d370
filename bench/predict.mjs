// How long a prediction takes through the whole service, by the article's network on generated digits: one instance a request, one request after the
// other; then many instances a request by several clients at a time.
import { Agent, request as httpRequest } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startForDemo } from '../scripts/demo/service.mjs';
import { benchApi } from './service-api.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } });
const SCALE = options.quick ? 0.1 : 1;
const SINGLE = Math.round(2_000 * SCALE);
const BATCHED = Math.round(400 * SCALE);
const WARM_UP = 50;
const INSTANCES = 100;
const CLIENTS = 8;
const SIDE = 28;
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

/** Pixels of many values, the same in each run. */
const picture = Array.from({ length: SIDE }, (_, row) => Array.from({ length: SIDE }, (__, column) => (row * 7 + column * 13) % 256));
const bodyOf = (/** @type {number} */ instances) => JSON.stringify({ instances: Array(instances).fill(picture), top_k: 1 });

const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
const service = await startForDemo(dataFolder);
try {
  const api = benchApi(service.url, { pollMs: 50 });
  const { id: dataset } = await api.ask('/v1/datasets', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ generate: { name: 'glyph_digits', examples: 12_000 } }) });
  await api.until(`/v1/datasets/${dataset}`, 'ready');
  const { model } = await api.ended({ type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [128] }, training: { epochs: 1, batch_size: 32, seed: 1 } });
  const path = `/v1/models/${model}/predict`;

  for (let at = 0; at < WARM_UP; at += 1) await post(path, bodyOf(1));
  const single = [];
  for (let at = 0; at < SINGLE; at += 1) single.push(await post(path, bodyOf(1)));
  single.sort((a, b) => a - b);

  const body = bodyOf(INSTANCES);
  let left = BATCHED;
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (left-- > 0) await post(path, body);
  }));
  const seconds = (performance.now() - startedMs) / 1_000;

  const measured = {
    requests: SINGLE,
    p50_ms: at(single, 0.5),
    p99_ms: at(single, 0.99),
    instances_per_second: Math.round((BATCHED * INSTANCES) / seconds),
    load: Number(loadavg()[0]?.toFixed(1)),
  };
  say(`\n${cpus().length} × ${cpus()[0]?.model.trim()}, load ${measured.load}; the article's network, generated digits\n`);
  say('| what | measured |\n|---|---|');
  say(`| one instance a request, one after the other (${SINGLE}): p50 | ${measured.p50_ms.toFixed(2)} ms |`);
  say(`| the same: p99 | ${measured.p99_ms.toFixed(2)} ms |`);
  say(`| ${INSTANCES} instances a request, ${CLIENTS} clients (${BATCHED} requests) | ${measured.instances_per_second} instances/s |`);
  if (options.json) process.stdout.write(`${JSON.stringify(measured)}\n`);
} finally {
  agent.destroy();
  await service.stop();
  await rm(dataFolder, { recursive: true, force: true });
}

/** @param {number[]} sorted @param {number} share */
function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Milliseconds until the whole answer is there. @param {string} path @param {string} body @returns {Promise<number>} */
function post(path, body) {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = httpRequest(service.url + path, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (answer) => {
      /** @type {Buffer[]} */
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => (answer.statusCode === 200 ? resolve(performance.now() - startedMs) : reject(new Error(Buffer.concat(pieces).toString('utf8')))));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

// What a second head-only job on a base network saves where the features of the first are kept: the training phase of both, and that the model is
// the same as one made without the cache. MobileNetV2 (0.35) on drawn pictures, through the whole service.
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchApi } from '../service-api.mjs';
import { startForDemo } from '../../scripts/demo/service.mjs';
import { npzOfWaves } from './pictures.mjs';

const SIDE = 96;
const BARS = { firstSeconds: 15, timesFaster: 10, difference: 1e-6 };
const WEIGHTS = 'group1-shard1of1.bin';

/** @typedef {{ seconds: number, hit: boolean | null, weights: Float32Array }} Head */

/** @type {Awaited<ReturnType<typeof startForDemo>> | undefined} */
let service;
/** Of the one that runs: there are two, one after the other. */
const api = () => benchApi(service?.url ?? '', { pollMs: 50 });

/** @param {{ pictures: number, rounds: number, say: (line: string) => void }} options */
export async function measureCache({ pictures, rounds, say }) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
  try {
    service = await startForDemo(dataFolder);
    const form = new FormData();
    form.set('file', new Blob([await npzOfWaves(pictures, SIDE)]), 'waves.npz');
    const dataset = await api().until(`/v1/datasets/${(await api().ask('/v1/datasets', { method: 'POST', body: form })).id}`, 'ready');
    const base = await api().ended({
      type: 'pretrain', dataset: dataset.id, model: { architecture: 'mobilenet_v2', width: 0.35 },
      training: { epochs: 1, batch_size: 32, seed: 1, budget: { steps: 2 } },
    });
    const request = {
      type: 'fine_tune', dataset: dataset.id, base_model: base.model, transfer: { kind: 'feature' },
      training: { epochs: 3, batch_size: 64, seed: 2 }, baseline: { scratch: false },
    };
    /** @type {Head[]} */ const first = [];
    /** @type {Head[]} */ const second = [];
    while (second.length < rounds) {
      await rm(join(dataFolder, 'cache'), { recursive: true, force: true });
      first.push(await headOf(request));
      second.push(await headOf(request));
      say(JSON.stringify({ first: first.at(-1)?.seconds, second: second.at(-1)?.seconds, hits: [first.at(-1)?.hit, second.at(-1)?.hit] }));
    }
    await service.stop();
    process.env.FEATURE_CACHE_BYTES = '0';
    service = await startForDemo(dataFolder);
    const without = await headOf(request);
    const differences = [...first, ...second].map(({ weights }) => farthest(weights, without.weights));
    const result = {
      pictures, side: SIDE, load: loadavg()[0],
      firstSeconds: first.map(({ seconds }) => seconds), secondSeconds: second.map(({ seconds }) => seconds), withoutSeconds: without.seconds,
      timesFaster: middle(first.map(({ seconds }, at) => seconds / (second[at]?.seconds ?? NaN))),
      largestDifference: Math.max(...differences), hits: second.every(({ hit }) => hit === true) && first.every(({ hit }) => hit === false),
    };
    say(`${pictures} pictures of ${SIDE} px: the training phase of the first job took ${middle(result.firstSeconds).toFixed(1)} s, of the second ${middle(result.secondSeconds).toFixed(2)} s, ` +
      `${result.timesFaster.toFixed(1)} times faster (bar: ${BARS.timesFaster}, of a first one of ${BARS.firstSeconds} s); weights differ from those without the cache by ${result.largestDifference} at most (bar: ${BARS.difference})`);
    if (!result.hits) throw new Error('the second job did not find what the first had kept');
    return result;
  } finally {
    await service?.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** @param {object} request @returns {Promise<Head>} */
async function headOf(request) {
  const job = await api().ended(request);
  /** @type {{ type: string, created_at: string }[]} */
  const events = (await api().ask(`/v1/jobs/${job.id}/events`)).data;
  const at = (/** @type {string} */ type) => Date.parse(events.find((event) => event.type === type)?.created_at ?? '');
  const answer = await fetch(`${service?.url}/v1/models/${job.model}/files/${WEIGHTS}`);
  if (!answer.ok) throw new Error(await answer.text());
  return { seconds: (at('job.finalizing') - at('job.running')) / 1000, hit: job.cache?.hit ?? null, weights: new Float32Array(await answer.arrayBuffer()) };
}

/** @param {Float32Array} one @param {Float32Array} other */
function farthest(one, other) {
  if (one.length !== other.length) throw new Error('two models of one spec have different numbers of weights');
  return one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? NaN))), 0);
}

/** @param {number[]} values */
function middle(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

// Predictions of the article's network: one instance a request, one request after the other; then many instances a request by several clients at a time.
import { ascending, summary } from './open-loop.mjs';

const WARM_UP = 50;
const INSTANCES = 100;
const CLIENTS = 8;
const SIDE = 28;

/** Pixels of many values, the same in each run. */
const picture = Array.from({ length: SIDE }, (_, row) => Array.from({ length: SIDE }, (__, column) => (row * 7 + column * 13) % 256));
const bodyOf = (/** @type {number} */ instances) => JSON.stringify({ instances: Array(instances).fill(picture), top_k: 1 });

/**
 * @param {ReturnType<typeof import('../service-api.mjs').benchApi>} api
 * @param {import('undici').Pool} pool
 * @param {{ dataset: string, single: number, batched: number }} settings how many requests of each
 */
export async function predictions(api, pool, { dataset, single, batched }) {
  const { model } = await api.ended({ type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [128] }, training: { epochs: 1, batch_size: 32, seed: 1 } });
  /** Milliseconds until the whole answer is there. @param {string} body */
  const ask = async (body) => {
    const begin = performance.now();
    const answer = await pool.request({ path: `/v1/models/${model}/predict`, method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(text);
    return performance.now() - begin;
  };
  const one = bodyOf(1);
  for (let at = 0; at < WARM_UP; at += 1) await ask(one);
  const times = [];
  for (let at = 0; at < single; at += 1) times.push(await ask(one));

  const many = bodyOf(INSTANCES);
  let left = batched;
  const begin = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (left-- > 0) await ask(many);
  }));
  return { ...summary(ascending(times)), instances_per_second: Math.round((1000 * batched * INSTANCES) / (performance.now() - begin)) };
}

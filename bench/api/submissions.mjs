// A hundred jobs a second, each in the store before its answer; then lists of ten thousand.
import { openLoop, summary } from './open-loop.mjs';

/**
 * @param {import('undici').Pool} pool
 * @param {{ dataset: string, seconds: number }} settings
 */
export async function submissions(pool, { dataset, seconds }) {
  return summary(await openLoop({ perSecond: 100, seconds }, () => submit(pool, dataset)));
}

/**
 * @param {import('undici').Pool} pool
 * @param {{ dataset: string, jobs: number }} settings so many must be there; those that are missing are submitted, and all but the newest hundred cancelled
 */
export async function lists(pool, { dataset, jobs }) {
  const ids = await walked(pool, '/v1/jobs?limit=100', undefined);
  for (let missing = jobs - ids.length; missing > 0; missing -= 16) ids.unshift(...(await Promise.all(Array.from({ length: Math.min(16, missing) }, () => submit(pool, dataset)))));
  for (let at = 100; at < ids.length; at += 16) await Promise.all(ids.slice(at, at + 16).map((id) => ask(pool, 'POST', `/v1/jobs/${id}/cancel`)));
  const found = {};
  for (const query of ['limit=20', 'limit=100', 'limit=20&status=cancelled', 'limit=20&status=succeeded', 'limit=20&metadata[bench]=0']) {
    /** @type {number[]} */
    const times = [];
    await walked(pool, `/v1/jobs?${query}`, times);
    Object.assign(found, { [query]: summary(times.sort((one, other) => one - other)) });
  }
  return { jobs: ids.length, ...found };
}

/** All pages from the first on. @param {import('undici').Pool} pool @param {string} path @param {number[] | undefined} times milliseconds of each page are added */
async function walked(pool, path, times) {
  const ids = [];
  for (let after = ''; ; ) {
    const begin = performance.now();
    const { data, has_more: more, last_id: last } = await ask(pool, 'GET', `${path}${after}`);
    times?.push(performance.now() - begin);
    ids.push(...data.map((/** @type {{ id: string }} */ { id }) => id));
    if (!more) return ids;
    after = `&after=${last}`;
  }
}

/** @param {import('undici').Pool} pool @param {string} dataset @returns {Promise<string>} */
async function submit(pool, dataset) {
  const { id } = await ask(pool, 'POST', '/v1/jobs', { type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [128] }, training: { epochs: 5 } });
  return id;
}

/** @param {import('undici').Pool} pool @param {'GET' | 'POST'} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(pool, method, path, body) {
  const answer = await pool.request({ path, method, ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(text);
  return JSON.parse(text);
}

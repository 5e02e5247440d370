// A thousand looks at a job a second while it trains on one thread: how soon each is answered, and what training loses.
import { openLoop, summary } from './open-loop.mjs';

/**
 * @param {ReturnType<typeof import('../service-api.mjs').benchApi>} api
 * @param {import('undici').Pool} pool
 * @param {{ dataset: string, seconds: number, rounds: number }} settings
 */
export async function polls(api, pool, { dataset, seconds, rounds }) {
  const request = { type: 'pretrain', dataset, model: { architecture: 'mlp', hidden: [128] }, training: { epochs: 10_000, batch_size: 32, seed: 1, budget: { steps: 1_800_000 } } };
  /** Steps a second of a job, seen over so many seconds. @param {string} id @param {() => Promise<unknown>} meanwhile */
  const pace = async (id, meanwhile) => {
    const [before, beginMs] = [(await api.ask(`/v1/jobs/${id}`)).progress.step, performance.now()];
    await meanwhile();
    return (1000 * ((await api.ask(`/v1/jobs/${id}`)).progress.step - before)) / (performance.now() - beginMs);
  };
  const { id } = await api.ask('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
  const { threads } = await api.untilSeen(`/v1/jobs/${id}`, ({ progress }) => progress !== null);
  if (threads !== 1) throw new Error(`the job trains on ${threads} threads`);
  /** @type {number[]} */
  const times = [];
  const paces = [];
  for (let round = 0; round < rounds; round += 1) {
    const alone = await pace(id, () => new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
    const polled = await pace(id, async () => {
      times.push(...(await openLoop({ perSecond: 1000, seconds }, async () => {
        const { statusCode, body } = await pool.request({ path: `/v1/jobs/${id}`, method: 'GET' });
        await body.dump();
        if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
      })));
    });
    paces.push(polled / alone);
  }
  await api.ask(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  return { ...summary(times.sort((one, other) => one - other)), training_pace_beside: Number(paces.sort((one, other) => one - other)[Math.floor(rounds / 2)]?.toFixed(3)) };
}

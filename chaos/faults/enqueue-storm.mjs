// F8: the queue server is killed while twenty clients submit.
import { drawnInstant } from '../until.mjs';

const CLIENTS = 20;
const CALLS_EACH = 10;
/** So many of the round's jobs are trained; the others are cancelled once they are known to be in the queue. */
const TRAINED = 5;

/** @type {import('./fault.mjs').Fault} */
export const enqueueStorm = {
  id: 'F8',
  what: `kill -9 of the queue server while ${CLIENTS} clients submit ${CLIENTS * CALLS_EACH} jobs, each repeated under its Idempotency-Key until it is known how it went`,
  holds: 'each accepted job is there once and gets into the queue',
  times: 50,
  async round(rig) {
    const service = await rig.service();
    const busy = await rig.jobs.busyWorker();
    const storm = Promise.all(Array.from({ length: CLIENTS }, () => submitMany(rig)));
    await drawnInstant(rig.random.between(0, 1));
    const server = await service.queueServer();
    if (server) rig.strikeProcess('SIGKILL', server);
    const jobs = (await storm).flat();
    await rig.recovers('every accepted job is in the queue', () => rig.jobs.allQueued(jobs));
    const unwanted = jobs.slice(TRAINED);
    for (const job of unwanted) job.ends = ['cancelled'];
    await rig.jobs.cancelAll([...unwanted, busy]);
  },
};

/** @param {import('../rig.mjs').Rig} rig */
async function submitMany(rig) {
  const jobs = [];
  while (jobs.length < CALLS_EACH) jobs.push(await rig.jobs.accept(rig.jobs.brief()));
  return jobs;
}

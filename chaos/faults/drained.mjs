// F17 and F18: SIGTERM at any moment; with time to end in good order, and without.
import { isRunning, signal } from '../processes.mjs';
import { drawnInstant } from '../until.mjs';

const DRAINS_WITHIN_SECONDS = 30;
/** What the service is doing when the signal comes. */
const MOMENTS = /** @type {const} */ (['idle', 'preparing', 'training', 'finalizing', 'ingest']);

/** @type {import('./fault.mjs').Fault} */
export const drained = {
  id: 'F17',
  what: 'SIGTERM to the service or to its worker: idle, preparing, training, finalizing, or reading a data set',
  holds: `exit status 0 within ${DRAINS_WITHIN_SECONDS} s; the job goes on later and the end counts as no failure`,
  times: 200,
  async round(rig) {
    const { service, job } = await atSomeMoment(rig);
    const victim = rig.random.pick(['service', 'worker']);
    const startedMs = performance.now();
    if (victim === 'service') {
      rig.strike('SIGTERM to the service');
      const end = await service.stop();
      if (end !== 0) rig.found('other', `the service ended with ${end}`);
      rig.within('the end of the service', (performance.now() - startedMs) / 1_000, DRAINS_WITHIN_SECONDS);
      for (const { command } of await service.orphans()) rig.found('orphans', `outlived the service: ${command.slice(0, 80)}`);
      await service.start();
    } else {
      const [worker] = await service.workers();
      if (!worker) return; // it had just been ended by the round before
      rig.strikeProcess('SIGTERM', worker);
      await rig.until('the worker has ended', async () => !(await isRunning(worker.pid)), DRAINS_WITHIN_SECONDS + 10);
      rig.within('the end of the worker', (performance.now() - startedMs) / 1_000, DRAINS_WITHIN_SECONDS);
      if (job) await requireNoStall(rig, job);
    }
    await rig.recovers('a worker takes jobs again', async () => (await service.workers()).length > 0);
    if (job) await requireNoFailure(rig, job);
  },
};

/** @type {import('./fault.mjs').Fault} */
export const drainedThenKilled = {
  id: 'F18',
  what: 'SIGTERM to the service, then SIGKILL up to five seconds later',
  holds: 'nothing is lost, whether or not it had ended by then',
  times: 50,
  async round(rig) {
    const { service } = await atSomeMoment(rig);
    rig.strike('SIGTERM, then SIGKILL');
    signal(service.pid, 'SIGTERM');
    await drawnInstant(rig.random.between(0, 5));
    if (service.runs) signal(service.pid, 'SIGKILL');
    await service.ended();
    // At once, while what it started may still be about to end.
    rig.recovered('the service takes jobs again', await service.start());
  },
};

/** Brings the service to a drawn moment. @param {import('../rig.mjs').Rig} rig */
async function atSomeMoment(rig) {
  const service = await rig.service();
  const request = rig.jobs.lasting();
  await rig.jobs.reference(request);
  const moment = rig.random.pick(MOMENTS);
  rig.log.write('check', { moment });
  if (moment === 'idle') {
    await drawnInstant(rig.random.between(0, 0.5));
    return { service, job: undefined };
  }
  if (moment === 'ingest') {
    await rig.client.post('/v1/datasets', { name: 'unread', generate: { name: 'glyph_letters', examples: 4_000, seed: rig.random.whole(1, 1_000) } });
    await drawnInstant(rig.random.between(0, 1));
    return { service, job: undefined };
  }
  const job = await rig.jobs.accept(request);
  if (moment === 'training') await rig.jobs.training(job);
  if (moment === 'finalizing') {
    await rig.until(`${job.id} commits`, async () => ['finalizing', 'succeeded'].includes((await rig.jobs.view(job))?.status));
  } else {
    await drawnInstant(rig.random.between(0, moment === 'preparing' ? 0.3 : 1.5));
  }
  return { service, job };
}

/** BullMQ's count of stalls of a job that was given back in good order. @param {import('../rig.mjs').Rig} rig @param {import('../jobs.mjs').AcceptedJob} job */
async function requireNoStall(rig, job) {
  const stalls = await rig.running.queue('HGET', `rootstock:train:${job.id}`, 'stc');
  if (stalls !== null && stalls !== '0') rig.found('other', `${job.id} was counted as stalled ${stalls} times`);
}

/** @param {import('../rig.mjs').Rig} rig @param {import('../jobs.mjs').AcceptedJob} job */
async function requireNoFailure(rig, job) {
  const failures = (await rig.jobs.events(job)).filter(({ type }) => type === 'job.attempt_failed');
  if (failures.length > 0) rig.found('other', `${job.id}: being drained was counted as a failure: ${JSON.stringify(failures[0].data.error)}`);
}

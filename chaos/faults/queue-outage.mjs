// F9: the queue server is away for some seconds: it stands still, or it is dead and started again later.
import { isRunning, signal } from '../processes.mjs';
import { QueueServer } from '../queue-server.mjs';
import { drawnInstant } from '../until.mjs';

/** By round, so that each is tried. The longest only with the service's own timers. */
const OUTAGES_SECONDS = { short: [3, 7, 60], production: [3, 7, 60, 600] };
const ANSWERS_WITHIN_SECONDS = 2;
/** What an answer takes besides, on a machine whose cores train. */
const MACHINE_SECONDS = 0.5;
const LOCK_SECONDS = { short: 3, production: 40 };
const FIRST_JOB_WITHIN_SECONDS = 30;

/**
 * @typedef {() => Promise<void>} Step
 * @param {{ id: string, what: string, take: (rig: import('../rig.mjs').Rig) => Promise<{ away: Step, back: Step }> }} outage
 * @returns {import('./fault.mjs').Fault}
 */
const queueAway = ({ id, what, take }) => ({
  id,
  what,
  holds: `meanwhile submissions are answered 503 within ${ANSWERS_WITHIN_SECONDS} s and reads go on; a child whose lock outlasts the outage trains on; the next job starts within ${FIRST_JOB_WITHIN_SECONDS} s`,
  times: 20,
  timesProduction: 4,
  roundWithinSeconds: 1_000,
  async round(rig) {
    const { away, back } = await take(rig);
    const service = rig.running;
    const request = rig.jobs.lasting();
    await rig.jobs.reference(request);
    const job = await rig.jobs.accept(request);
    await rig.jobs.training(job);
    const outages = OUTAGES_SECONDS[rig.timers];
    const outage = outages[(rig.round ?? 0) % outages.length];
    const [trainer] = await service.trainers(job.id);
    if (!trainer) return; // the job had ended before the blow
    await drawnInstant(rig.random.between(0, 1));
    const startedMs = performance.now();
    await away();

    const { operation, body } = await rig.jobs.bodyOf(rig.jobs.brief());
    const refused = await rig.client.post('/v1/jobs', body, { 'idempotency-key': operation });
    if (refused.status !== 503) rig.found('other', `a submission without a queue was answered ${refused.status}`);
    rig.within('the answer to a submission without a queue', refused.seconds, ANSWERS_WITHIN_SECONDS + MACHINE_SECONDS);
    const read = await rig.client.get(`/v1/jobs/${job.id}`);
    if (read.status !== 200) rig.found('other', `a read without a queue was answered ${read.status}`);
    const lockOutlasts = outage < LOCK_SECONDS[rig.timers] / 2;
    while (performance.now() - startedMs < outage * 1_000) {
      await drawnInstant(0.2);
      const state = await rig.jobs.view(job);
      if (lockOutlasts && state?.status === 'running' && !(await isRunning(trainer.pid))) rig.found('other', 'the child was ended though its lock was good');
    }
    await back();

    const next = await rig.client.postUntilKnown('/v1/jobs', body, operation, rig.recoversWithinSeconds);
    if (next.status !== 201) throw new Error(`after the outage a job was not accepted: ${next.status}`);
    const accepted = rig.jobs.acceptedAs(next.body.id, operation, rig.jobs.brief(), ['succeeded']);
    const ends = performance.now();
    await rig.recovers('a job is at work again', async () => [await rig.jobs.view(job), await rig.jobs.view(accepted)].some((view) => view && view.status !== 'queued'));
    rig.within('the first job after the outage', (performance.now() - ends) / 1_000, FIRST_JOB_WITHIN_SECONDS);
  },
});

export const queueOutage = queueAway({
  id: 'F9',
  what: 'SIGSTOP of the queue server for 3 to 600 s while a job trains, then SIGCONT',
  async take(rig) {
    const server = await (await rig.service()).queueServer();
    if (!server) throw new Error('the service has no queue server');
    return { away: async () => rig.strikeProcess('SIGSTOP', server), back: async () => signal(server.pid, 'SIGCONT') };
  },
});

/** The server of the service itself is started again at once (F8); this one is somebody else's. @type {WeakMap<import('../rig.mjs').Rig, QueueServer>} */
const others = new WeakMap();

export const queueKilled = queueAway({
  id: 'F9-kill',
  what: 'kill -9 of the server of REDIS_URL while a job trains; it is started again 3 to 600 s later',
  async take(rig) {
    const server = others.get(rig) ?? (await QueueServer.start(rig));
    others.set(rig, server);
    await rig.service({ REDIS_URL: server.url });
    const away = async () => {
      rig.strike('kill -9 of the queue server');
      await server.kill();
    };
    return { away, back: () => server.startAgain() };
  },
});

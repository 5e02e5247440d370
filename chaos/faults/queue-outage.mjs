// F9: the queue server stands still for some seconds.
import { isRunning, signal } from '../processes.mjs';
import { drawnInstant } from '../until.mjs';

/** By round, so that each is tried. The long ones only with the service's own timers. */
const OUTAGES_SECONDS = { short: [3, 7], production: [3, 7, 60, 600] };
const ANSWERS_WITHIN_SECONDS = 2;
/** What an answer takes besides, on a machine whose cores train. */
const MACHINE_SECONDS = 0.5;
const LOCK_SECONDS = { short: 3, production: 30 };
const FIRST_JOB_WITHIN_SECONDS = 30;

/** @type {import('./fault.mjs').Fault} */
export const queueOutage = {
  id: 'F9',
  what: 'SIGSTOP of the queue server for 3 to 600 s while a job trains, then SIGCONT',
  holds: `meanwhile submissions are answered 503 within ${ANSWERS_WITHIN_SECONDS} s and reads go on; a child whose lock outlasts the outage trains on; the next job starts within ${FIRST_JOB_WITHIN_SECONDS} s`,
  times: 20,
  timesProduction: 4,
  roundWithinSeconds: 1_000,
  async round(rig) {
    const service = await rig.service();
    const request = rig.jobs.lasting();
    await rig.jobs.reference(request);
    const job = await rig.jobs.accept(request);
    await rig.jobs.training(job);
    const outages = OUTAGES_SECONDS[rig.timers];
    const outage = outages[(rig.round ?? 0) % outages.length];
    const [trainer] = await service.trainers(job.id);
    const server = await service.queueServer();
    if (!trainer || !server) return; // the job had ended before the blow
    await drawnInstant(rig.random.between(0, 1));
    const startedMs = performance.now();
    rig.strikeProcess('SIGSTOP', server);

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
    signal(server.pid, 'SIGCONT');

    const next = await rig.client.postUntilKnown('/v1/jobs', body, operation, rig.recoversWithinSeconds);
    if (next.status !== 201) throw new Error(`after the outage a job was not accepted: ${next.status}`);
    const accepted = rig.jobs.acceptedAs(next.body.id, operation, rig.jobs.brief(), ['succeeded']);
    const ends = performance.now();
    await rig.recovers('a job is at work again', async () => [await rig.jobs.view(job), await rig.jobs.view(accepted)].some((view) => view && view.status !== 'queued'));
    rig.within('the first job after the outage', (performance.now() - ends) / 1_000, FIRST_JOB_WITHIN_SECONDS);
  },
};

// F3: everything at once: API, workers, training, queue server.
import { drawnInstant } from '../until.mjs';

const READY_WITHIN_SECONDS = 10;

/** @type {import('./fault.mjs').Fault} */
export const killedTree = {
  id: 'F3',
  what: 'kill -9 of API, worker, training process and queue server, with four jobs running, waiting, cancelled or being submitted',
  holds: `the next start is ready within ${READY_WITHIN_SECONDS} s and every accepted job ends as it should`,
  times: 50,
  async round(rig) {
    const service = await rig.service();
    const request = rig.jobs.lasting();
    await rig.jobs.reference(request);
    const running = await rig.jobs.accept(request);
    await rig.jobs.accept(rig.jobs.brief());
    const unwanted = await rig.jobs.accept(rig.jobs.brief(), { ends: ['cancelled', 'succeeded'] });
    const { operation, body } = await rig.jobs.bodyOf(rig.jobs.brief());

    await drawnInstant(rig.random.between(0, 3));
    const { attempt } = await rig.until(`${running.id} is shown`, () => rig.jobs.view(running));
    // The blow falls while these two are on their way.
    const cancel = rig.client.post(`/v1/jobs/${unwanted.id}/cancel`, {});
    const submission = rig.client.post('/v1/jobs', body, { 'idempotency-key': operation });
    await drawnInstant(rig.random.between(0, 0.05));
    rig.strike('kill -9 of everything');
    await service.killAll();
    if ((await cancel).outcome === 'ok') unwanted.ends = ['cancelled'];
    const first = await submission;

    const startedMs = performance.now();
    rig.within('a start after kill -9', await service.start(), READY_WITHIN_SECONDS);
    // Not known whether it was accepted: the same key gives the one job.
    const known = first.outcome === 'ok' ? first : await rig.client.postUntilKnown('/v1/jobs', body, operation, rig.recoversWithinSeconds);
    if (known.status === 201) rig.jobs.acceptedAs(known.body.id, operation, rig.jobs.brief(), ['succeeded']);
    else rig.found('lost', `a submission could not be repeated after the restart: ${known.status}`);
    await rig.jobUntil(`${running.id} runs again or has ended`, async () => {
      const view = await rig.jobs.view(running);
      return view !== undefined && (view.finished_at !== null || (view.attempt > attempt && view.status === 'running'));
    });
    rig.recovered(`${running.id} runs again or has ended`, (performance.now() - startedMs) / 1_000);
  },
};

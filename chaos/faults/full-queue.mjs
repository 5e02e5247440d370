// F16: the queue server has reached its memory limit.
import { drawnInstant } from '../until.mjs';

/** @type {import('./fault.mjs').Fault} */
export const fullQueue = {
  id: 'F16',
  what: 'CONFIG SET maxmemory below what is used, for one to four seconds, while a job trains',
  holds: 'submissions are answered 503 QUEUE_FULL; the running job ends, new ones are accepted again',
  times: 10,
  async round(rig) {
    const service = await rig.service();
    const { job } = await rig.jobs.inTraining();
    const { operation, body } = await rig.jobs.bodyOf(rig.jobs.brief());
    rig.strike('maxmemory');
    await service.queue('CONFIG', 'SET', 'maxmemory', 1_000_000);
    try {
      const refused = await rig.client.post('/v1/jobs', body, { 'idempotency-key': operation });
      if (refused.status !== 503 || refused.body?.code !== 'QUEUE_FULL') rig.found('other', `a full queue was answered ${refused.status} ${refused.body?.code}`);
      if (refused.status === 201) rig.jobs.acceptedAs(refused.body.id, operation, rig.jobs.brief(), ['succeeded']);
      const read = await rig.client.get(`/v1/jobs/${job.id}`);
      if (read.status !== 200) rig.found('other', `a read beside a full queue was answered ${read.status}`);
      await drawnInstant(rig.random.between(1, 4));
    } finally {
      await service.queue('CONFIG', 'SET', 'maxmemory', '512mb');
    }
    await rig.recovers('a job is accepted and trained', async () => {
      const next = await rig.jobs.accept(rig.jobs.brief());
      return rig.until(`${next.id} ends`, async () => (await rig.jobs.view(next))?.status === 'succeeded');
    });
  },
};

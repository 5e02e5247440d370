// F13, F15 and F14: the disk of the store or of the queue server is full for some seconds.
import { join } from 'node:path';
import { drawnInstant } from '../until.mjs';
import { cannotMount, fillBytes, fillInodes, mountTmpfs } from '../tmpfs.mjs';

const GOES_ON_WITHIN_SECONDS = 30;
const HEALS_WITHIN_SECONDS = 10;

/**
 * @param {{ id: string, what: string, options: string, fill: (folder: string) => Promise<() => Promise<void>> }} disk
 * @returns {import('./fault.mjs').Fault}
 */
const fullStore = ({ id, what, options, fill }) => ({
  id,
  what,
  holds: `reads are answered, new jobs and data sets with 507; the job goes on within ${GOES_ON_WITHIN_SECONDS} s of there being room, with the weights of the uninterrupted run`,
  times: 20,
  cannot: cannotMount,
  async round(rig) {
    const store = join(rig.dataFolder, 'store');
    if (!rig.started) await mountTmpfs(rig, store, options);
    await rig.service();
    const { job } = await rig.jobs.inTraining();
    await drawnInstant(rig.random.between(0, 1));
    rig.strike('the store is full');
    const free = await fill(store);
    try {
      const { body } = await rig.jobs.bodyOf(rig.jobs.brief());
      await requireStatus(rig, 'a submission', await rig.client.post('/v1/jobs', body), 507);
      await requireStatus(rig, 'a data set', await rig.client.post('/v1/datasets', { name: 'more', generate: { name: 'glyph_digits', examples: 100, seed: 2 } }), 507);
      await requireStatus(rig, 'a read', await rig.client.get(`/v1/jobs/${job.id}`), 200);
      await drawnInstant(rig.random.between(0, 4));
    } finally {
      await free();
    }
    await rig.recovers(`${job.id} goes on`, async () => {
      const view = await rig.jobs.view(job);
      return view !== undefined && ['running', 'finalizing', 'succeeded', 'failed'].includes(view.status);
    }, GOES_ON_WITHIN_SECONDS);
  },
});

export const fullStoreBytes = fullStore({ id: 'F13', what: 'no byte is left on the disk of the store while a job trains', options: 'size=64m', fill: fillBytes });
export const fullStoreInodes = fullStore({ id: 'F15', what: 'no inode is left on the disk of the store while a job trains', options: 'size=64m,nr_inodes=4000', fill: fillInodes });

/** @type {import('./fault.mjs').Fault} */
export const fullQueueDisk = {
  id: 'F14',
  what: 'no byte is left on the disk of the queue server',
  holds: `submissions are answered 503 QUEUE_READONLY, reads go on; healed within ${HEALS_WITHIN_SECONDS} s of there being room, without a restart`,
  times: 10,
  cannot: cannotMount,
  async round(rig) {
    const data = join(rig.dataFolder, 'redis');
    if (!rig.started) await mountTmpfs(rig, data, 'size=8m');
    const service = await rig.service();
    const busy = await rig.jobs.busyWorker();
    const server = await service.queueServer();
    rig.strike('the disk of the queue server is full');
    const free = await fillBytes(data);
    try {
      // The server notices at its next flush, within about a second: until then it may still accept.
      const refused = await rig.until('a submission is refused', async () => {
        const { operation, body } = await rig.jobs.bodyOf(rig.jobs.brief());
        const answer = await rig.client.post('/v1/jobs', body, { 'idempotency-key': operation });
        if (answer.status === 201) rig.jobs.acceptedAs(answer.body.id, operation, rig.jobs.brief(), ['cancelled', 'succeeded']);
        return answer.status !== 201 && answer;
      }, 15);
      if (refused.body?.code !== 'QUEUE_READONLY') rig.found('other', `a full disk of the queue was answered ${refused.status} ${refused.body?.code}`);
      await requireStatus(rig, 'a read', await rig.client.get(`/v1/jobs/${busy.id}`), 200);
    } finally {
      await free();
    }
    const startedMs = performance.now();
    await rig.recovers('a submission is accepted', async () => {
      const { operation, body } = await rig.jobs.bodyOf(rig.jobs.brief());
      const answer = await rig.client.post('/v1/jobs', body, { 'idempotency-key': operation });
      return answer.status === 201 && rig.jobs.acceptedAs(answer.body.id, operation, rig.jobs.brief(), ['cancelled', 'succeeded']);
    });
    rig.within('healing', (performance.now() - startedMs) / 1_000, HEALS_WITHIN_SECONDS);
    if ((await service.queueServer())?.pid !== server?.pid) rig.found('other', 'the queue server was started again');
    await rig.jobs.allQueued(rig.jobs.accepted.filter(({ id }) => id !== busy.id));
    await rig.jobs.cancelAll([...rig.jobs.accepted].reverse());
  },
};

/** @param {import('../rig.mjs').Rig} rig @param {string} what @param {import('../client.mjs').Answer} answer @param {number} status */
async function requireStatus(rig, what, answer, status) {
  if (answer.status !== status) rig.found('other', `${what} on a full disk was answered ${answer.status} ${answer.body?.code ?? ''} instead of ${status}`);
}

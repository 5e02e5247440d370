// F10: the queue server ends in good order and is started again.

const JOBS = 100;

/** @type {import('./fault.mjs').Fault} */
export const restartedQueue = {
  id: 'F10',
  what: `SHUTDOWN of the queue server with ${JOBS} jobs waiting`,
  holds: 'all are still there, in the same order',
  times: 10,
  async round(rig) {
    const service = await rig.service();
    const busy = await rig.jobs.busyWorker();
    /** @type {import('../jobs.mjs').AcceptedJob[]} */
    const waiting = [];
    while (waiting.length < JOBS) waiting.push(await rig.jobs.accept({ ...rig.jobs.brief(), priority: rig.random.whole(0, 9) }, { ends: ['cancelled'] }));
    const before = await orderOf(service, waiting);
    const server = await service.queueServer();
    if (before.length !== JOBS) throw new Error(`${before.length} of ${JOBS} jobs wait in the queue`);
    rig.strike('SHUTDOWN', { jobs: JOBS });
    await service.queue('SHUTDOWN', 'NOSAVE').catch(() => undefined); // it ends without an answer
    await rig.recovers('another queue server answers', async () => {
      const another = await service.queueServer();
      return another !== undefined && another.pid !== server?.pid && (await rig.jobs.view(waiting[0]))?.queue !== null;
    });
    const after = await orderOf(service, waiting);
    if (after.length < JOBS) rig.found('lost', `${JOBS - after.length} of ${JOBS} jobs are not in the queue any more`);
    else if (after.join() !== before.join()) rig.found('other', 'the order of the queue has changed');
    await rig.jobs.cancelAll([...waiting, busy]);
  },
};

/**
 * The ids of those of the jobs that wait in the queue, in its order; read at once, since the job at work may lose its lock meanwhile and
 * wait before all others. @param {import('../service.mjs').Service} service @param {import('../jobs.mjs').AcceptedJob[]} jobs @returns {Promise<string[]>}
 */
async function orderOf(service, jobs) {
  const waiting = /** @type {string[]} */ (await service.queue('ZRANGE', 'rootstock:train:prioritized', 0, -1));
  return waiting.filter((id) => jobs.some((job) => job.id === id));
}

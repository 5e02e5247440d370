// F6: the lock of a job vanishes under a healthy worker.
import { drawnInstant } from '../until.mjs';

/** @type {import('./fault.mjs').Fault} */
export const lostLock = {
  id: 'F6',
  what: 'the lock of the running job is deleted in the queue server, or expires at once',
  holds: 'the worker ends its child, the job runs again, once; nothing stays active',
  times: 50,
  async round(rig) {
    const service = await rig.service();
    const { job, attempt } = await rig.jobs.inTraining();
    await drawnInstant(rig.random.between(0, 1.5));
    const lock = `rootstock:train:${job.id}:lock`;
    const way = rig.random.pick(['DEL', 'PEXPIRE']);
    const had = way === 'DEL' ? await service.queue('DEL', lock) : await service.queue('PEXPIRE', lock, 1);
    if (had !== 1) return; // the job had ended before
    rig.strike(way, { lock });
    await rig.jobs.runsAgain(job, attempt);
  },
};

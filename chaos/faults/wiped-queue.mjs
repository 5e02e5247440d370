// F12: all data of the queue are gone while the service runs.
import { drawnInstant } from '../until.mjs';

/** @type {import('./fault.mjs').Fault} */
export const wipedQueue = {
  id: 'F12',
  what: 'FLUSHALL while one job trains and three wait',
  holds: 'the store fills the queue again within 60 s; the running job ends once, with the weights of the uninterrupted run',
  times: 50,
  async round(rig) {
    const service = await rig.service();
    const { job: running, attempt } = await rig.jobs.inTraining();
    /** @type {import('../jobs.mjs').AcceptedJob[]} */
    const waiting = [];
    while (waiting.length < 3) waiting.push(await rig.jobs.accept({ ...rig.jobs.brief(), priority: rig.random.whole(0, 9) }));
    await drawnInstant(rig.random.between(0, 1));
    rig.strike('FLUSHALL');
    await service.queue('FLUSHALL');
    await rig.recovers('every waiting job is in the queue again', () => rig.jobs.allQueued(waiting));
    await rig.recovers('the running job runs on, runs again or has ended', async () => {
      const view = await rig.jobs.view(running);
      return view !== undefined && (view.attempt > attempt || view.finished_at !== null);
    });
  },
};

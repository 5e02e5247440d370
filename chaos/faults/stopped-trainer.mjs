// F5: the process that trains hangs.
import { drawnInstant } from '../until.mjs';

/** With the service's own timers: silence of 120 s, and the look at it. */
const FOUND_WITHIN_SECONDS = { short: 60, production: 150 };

/** @type {import('./fault.mjs').Fault} */
export const stoppedTrainer = {
  id: 'F5',
  what: 'SIGSTOP of the training process',
  holds: `it is found within ${FOUND_WITHIN_SECONDS.production} s (production timers), ended, and the job goes on`,
  times: 20,
  async round(rig) {
    const service = await rig.service();
    const { job, attempt } = await rig.jobs.inTraining();
    await drawnInstant(rig.random.between(0, 1.5));
    const [trainer] = await service.trainers(job.id);
    if (!trainer) return; // it had ended before the blow
    rig.strikeProcess('SIGSTOP', trainer);
    const limit = FOUND_WITHIN_SECONDS[rig.timers];
    await rig.recovers(`${job.id} runs again`, async () => {
      const view = await rig.jobs.view(job);
      return view !== undefined && view.attempt > attempt && view.status !== 'queued';
    }, limit);
  },
};

// F1: the process that trains is killed, again and again.
import { drawnInstant } from '../until.mjs';

/** @type {import('./fault.mjs').Fault} */
export const killedTrainer = {
  id: 'F1',
  what: 'kill -9 of the training process at a random step, up to twice a job, each time after a new checkpoint; SGD, or Adam with dropout, batch normalisation and augmentation',
  holds: 'the next attempt goes on from the last checkpoint and gives the weights of the uninterrupted run',
  times: 100,
  roundWithinSeconds: 1_000,
  async round(rig) {
    const service = await rig.service();
    const request = rig.random.whole(0, 1) === 0 ? rig.jobs.lastingCheckpoints() : rig.jobs.lastingWithState();
    await rig.jobs.reference(request);
    const job = await rig.jobs.accept(request);
    for (let kills = rig.random.whole(1, Math.min(2, rig.left ?? 1)); kills > 0; kills -= 1) {
      const { attempt } = await rig.jobs.training(job);
      await rig.jobs.checkpoint(job, attempt);
      await drawnInstant(rig.random.between(0, 1));
      const [trainer] = await service.trainers(job.id);
      if (!trainer) return; // it had ended before the blow
      rig.strikeProcess('SIGKILL', trainer);
      await rig.jobs.runsAgain(job, attempt);
    }
  },
};

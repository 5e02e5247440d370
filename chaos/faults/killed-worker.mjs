// F2: the worker is killed while its child trains.
import { allProcesses, descendants, isRunning } from '../processes.mjs';
import { drawnInstant } from '../until.mjs';

const ORPHANS_END_WITHIN_SECONDS = 2;

/** @type {import('./fault.mjs').Fault} */
export const killedWorker = {
  id: 'F2',
  what: 'kill -9 of the worker while its child trains',
  holds: `its children are gone within ${ORPHANS_END_WITHIN_SECONDS} s; another worker has the job within 60 s; one bundle`,
  times: 100,
  async round(rig) {
    const service = await rig.service();
    const { job, attempt } = await rig.jobs.inTraining();
    await drawnInstant(rig.random.between(0, 1.5));
    const [trainer] = await service.trainers(job.id);
    const worker = (await service.workers()).find(({ pid }) => pid === trainer?.parent);
    if (!worker) return; // the job had ended before the blow
    const children = descendants(await allProcesses(), worker.pid);
    rig.strikeProcess('SIGKILL', worker);

    const startedMs = performance.now();
    for (const { pid, command } of children) await rig.until(`${command} is gone`, async () => !(await isRunning(pid)));
    rig.within('the end of the children of a dead worker', (performance.now() - startedMs) / 1_000, ORPHANS_END_WITHIN_SECONDS);
    await rig.jobs.runsAgain(job, attempt);
  },
};

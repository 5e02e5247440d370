// F4: a worker stands still for longer than its lock, and comes back when another has its job.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, signal } from '../processes.mjs';
import { drawnInstant } from '../until.mjs';

const CHILD_ENDS_WITHIN_SECONDS = 15;

/** @type {import('./fault.mjs').Fault} */
export const stoppedWorker = {
  id: 'F4',
  what: 'SIGSTOP of one of two workers until the other has its job, then SIGCONT',
  holds: `what the first worker's child made is not published; that child is gone within ${CHILD_ENDS_WITHIN_SECONDS} s`,
  times: 20,
  settings: { WORKERS: '2', WARM_CHILDREN: '0' },
  async round(rig) {
    const service = await rig.service();
    const { job, attempt } = await rig.jobs.inTraining(rig.jobs.lasting(240));
    const [trainer] = await service.trainers(job.id);
    const worker = (await service.workers()).find(({ pid }) => pid === trainer?.parent);
    if (!trainer || !worker) return; // the job had ended before the blow
    rig.strikeProcess('SIGSTOP', worker);
    await rig.jobs.runsAgain(job, attempt);
    await drawnInstant(rig.random.between(0, 6));
    signal(worker.pid, 'SIGCONT');
    const startedMs = performance.now();
    await rig.until('the child of the worker that came back is gone', async () => !(await isRunning(trainer.pid)));
    rig.within('the end of the fenced child', (performance.now() - startedMs) / 1_000, CHILD_ENDS_WITHIN_SECONDS);

    const outcome = await rig.until(`${job.id} has ended`, () => readFile(join(rig.dataFolder, 'store', 'jobs', job.id, 'outcome.json'), 'utf8').catch(() => undefined), 120);
    const published = JSON.parse(outcome).value.attempt;
    if (published <= attempt) rig.found('duplicated', `attempt ${published} was published after attempt ${attempt + 1} had begun`);
  },
};

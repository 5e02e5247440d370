// F28: a job whose process dies at each start.
import { signal } from '../processes.mjs';

const MOST_STARTS_WITHOUT_PROGRESS = 3;
const NEXT_STARTS_WITHIN_SECONDS = 5;

/** @type {import('./fault.mjs').Fault} */
export const poisonedJob = {
  id: 'F28',
  what: 'each process that trains the job dies by SIGSEGV, SIGABRT or SIGKILL as soon as it is seen',
  holds: `failed CRASH_LOOP after at most ${MOST_STARTS_WITHOUT_PROGRESS} starts without progress; the next job starts within ${NEXT_STARTS_WITHIN_SECONDS} s`,
  times: 20,
  async round(rig) {
    const service = await rig.service();
    const job = await rig.jobs.accept(rig.jobs.lasting(), { ends: ['failed'] });
    const next = await rig.jobs.accept(rig.jobs.brief());
    rig.strike('a poisoned job');
    const struck = new Set();
    const ended = await rig.until('the poisoned job has failed', async () => {
      for (const trainer of await service.trainers(job.id)) {
        if (struck.has(trainer.pid)) continue;
        struck.add(trainer.pid);
        rig.log.write('fault', { pid: trainer.pid, start: struck.size });
        signal(trainer.pid, rig.random.pick(['SIGSEGV', 'SIGABRT', 'SIGKILL']));
      }
      const view = await rig.jobs.view(job);
      return view?.status === 'failed' && view;
    }, 120);
    if (ended.error.code !== 'CRASH_LOOP') rig.found('other', `the job failed with ${ended.error.code} instead of CRASH_LOOP`);
    const inVain = startsInVain(await rig.jobs.events(job));
    if (inVain > MOST_STARTS_WITHOUT_PROGRESS) rig.found('other', `the poisoned job was started ${inVain} times without progress`);

    const startedMs = performance.now();
    await rig.recovers('the next job is at work', async () => {
      const view = await rig.jobs.view(next);
      return view !== undefined && view.status !== 'queued';
    });
    rig.within('the start of the next job', (performance.now() - startedMs) / 1_000, NEXT_STARTS_WITHIN_SECONDS);
  },
};

/** Attempts since the last one that came further than all before; the blow may fall late on a busy machine. @param {any[]} events */
function startsInVain(events) {
  let [furthest, inVain] = [0, 0];
  for (const { type, data } of events) {
    if (type !== 'job.attempt_failed') continue;
    inVain = data.step > furthest ? 0 : inVain + 1;
    furthest = Math.max(furthest, data.step);
  }
  return inVain;
}

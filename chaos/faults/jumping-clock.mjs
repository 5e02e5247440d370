// F24: the wall clock jumps while a job trains.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawnInstant } from '../until.mjs';

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1', '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1', '/usr/lib64/faketime/libfaketime.so.1'];
const JUMPS = ['+1h', '-1h', '+1d', '-1d'];
const LEAST_JUMP_MS = 30 * 60_000;

/** Where it is installed, or what LIBFAKETIME names. */
const library = () => process.env.LIBFAKETIME ?? LIBRARIES.find((path) => existsSync(path));

/** @type {import('./fault.mjs').Fault} */
export const jumpingClock = {
  id: 'F24',
  what: 'the wall clock of API, workers and queue server jumps by an hour or a day, forth or back, and later back to the truth',
  holds: 'the job ends once; durations are never negative',
  times: 20,
  cannot: () => (library() ? undefined : 'libfaketime is neither installed nor named by LIBFAKETIME'),
  async round(rig) {
    const clock = join(rig.folder, 'clock');
    await writeFile(clock, '+0\n');
    // Durations are taken from the monotonic clock, which does not jump on a real machine either.
    const faked = { LD_PRELOAD: library() ?? '', FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    await rig.service(faked);
    const { job } = await rig.jobs.inTraining();
    await drawnInstant(rig.random.between(0, 1));
    const jump = rig.random.pick(JUMPS);
    rig.strike('the clock jumps', { jump });
    await writeFile(clock, `${jump}\n`);
    await rig.recovers(`${job.id} has ended or runs again`, async () => {
      const view = await rig.jobs.view(job);
      return view !== undefined && !['queued', 'preparing'].includes(view.status);
    });
    const next = await rig.jobs.accept(rig.jobs.brief());
    await rig.until(`${next.id} ends`, async () => (await rig.jobs.view(next))?.status === 'succeeded');
    const apartMs = Math.abs(Date.parse((await rig.jobs.view(next)).created_at) - Date.now());
    if (apartMs < LEAST_JUMP_MS) throw new Error('the clock of the service did not jump');
    await writeFile(clock, '+0\n');
    for (const { runs } of [await rig.jobs.view(job), await rig.jobs.view(next)]) {
      if (runs.some((/** @type {any} */ { seconds }) => seconds < 0)) rig.found('other', 'a run took less than no time');
    }
  },
};

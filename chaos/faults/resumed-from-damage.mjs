// F25, seen from outside: the newest checkpoint of a job is damaged between two of its attempts.
import { open, readdir, rm, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT_FILE } from '../../dist/engine/checkpoint.js';

/** @type {import('./fault.mjs').Fault} */
export const resumedFromDamage = {
  id: 'F25-resume',
  what: 'kill -9 of the training process once there are two checkpoints; then the newest is cut off, emptied, flipped in one bit or replaced by a link',
  holds: 'an event tells of the damage, the job goes on from the one before, never from the start, and gives the weights of the uninterrupted run',
  times: 20,
  roundWithinSeconds: 1_000,
  async round(rig) {
    const service = await rig.service();
    const { job, attempt } = await rig.jobs.inTraining(rig.jobs.lastingCheckpoints(2));
    const folder = join(rig.dataFolder, 'store', 'jobs', job.id, 'checkpoints');
    const names = async () => (await readdir(folder).catch(() => [])).sort();
    const ready = async () => (await names()).length >= 2 || (await rig.jobs.view(job))?.status === 'succeeded';
    await rig.until(`${job.id} has two checkpoints`, ready, 3 * rig.recoversWithinSeconds);
    const [trainer] = await service.trainers(job.id);
    if (!trainer) return; // it had ended before there were two
    rig.strikeProcess('SIGKILL', trainer);
    await rig.jobUntil(`${job.id} waits for its next attempt`, async () => (await rig.jobs.view(job))?.status === 'queued');
    const newest = (await names()).at(-1) ?? '';
    job.goesBack = true;
    rig.log.write('fault', { newest, damage: await damage(rig, join(folder, newest, CHECKPOINT_FILE)) });

    const events = await rig.recovers(`${job.id} goes on`, async () => {
      const found = await rig.jobs.events(job);
      return found.some(({ type, data }) => type === 'job.resumed' && data.attempt > attempt) && found;
    });
    const resumed = events.findLast(({ type }) => type === 'job.resumed').data;
    if (resumed.checkpoint >= newest) rig.found('other', `${job.id} went on from ${resumed.checkpoint}, and ${newest} was damaged`);
    const told = events.some(({ type, data }) => type === 'job.checkpoint_failed' && data.checkpoint === newest);
    if (!told) rig.found('other', `${job.id}: no event tells that ${newest} is damaged`);
  },
};

/** @param {import('../rig.mjs').Rig} rig @param {string} path @returns {Promise<string>} what was done */
async function damage(rig, path) {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const way = rig.random.pick(['cut', 'empty', 'flip', 'link']);
    if (way === 'cut') await truncate(path, rig.random.whole(0, size - 1));
    if (way === 'empty') await truncate(path, 0);
    if (way === 'flip') {
      const at = rig.random.whole(0, size - 1);
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, at);
      byte[0] ^= 1 << rig.random.whole(0, 7);
      await file.write(byte, 0, 1, at);
    }
    if (way === 'link') {
      await rm(path);
      await symlink('/etc/passwd', path);
    }
    return way;
  } finally {
    await file.close();
  }
}

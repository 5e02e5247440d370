// F11: the append-only file of the queue server is cut off or overwritten in the middle.
import { open, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, signal } from '../processes.mjs';

const JOBS = 10;
const READY_WITHIN_SECONDS = 15;

/** @type {import('./fault.mjs').Fault} */
export const damagedQueue = {
  id: 'F11',
  what: 'the append-only file loses its tail, or eight bytes in its middle change, while the service is down or while it runs',
  holds: `a start takes at most ${READY_WITHIN_SECONDS} s; what cannot be read is moved aside with an error in the log; every accepted job is in the queue again`,
  times: 100,
  async round(rig) {
    const service = await rig.service();
    const busy = await rig.jobs.busyWorker();
    /** @type {import('../jobs.mjs').AcceptedJob[]} */
    const waiting = [];
    while (waiting.length < JOBS) waiting.push(await rig.jobs.accept(rig.jobs.brief(), { ends: ['cancelled'] }));

    const data = join(rig.dataFolder, 'redis');
    const asideBefore = await movedAside(rig);
    if (rig.random.pick(['down', 'running']) === 'down') {
      await service.killAll();
      rig.strike('while the service is down', await damage(rig, data));
      rig.within('a start on damaged data', await service.start(), READY_WITHIN_SECONDS);
    } else {
      // The service would start its server again at once: it is held until the damage is done.
      const server = await service.queueServer();
      if (!server) throw new Error('the service has no queue server');
      signal(service.pid, 'SIGSTOP');
      signal(server.pid, 'SIGKILL');
      await rig.until('the queue server is gone', async () => !(await isRunning(server.pid)));
      rig.strike('while the service runs', await damage(rig, data));
      signal(service.pid, 'SIGCONT');
    }
    await rig.recovers('every job is in the queue again', () => rig.jobs.allQueued(waiting));
    if ((await movedAside(rig)) > asideBefore && !service.log().includes('moved aside')) rig.found('other', 'data were moved aside without a word in the log');
    await rig.jobs.cancelAll([...waiting, busy]);
  },
};

/** @param {import('../rig.mjs').Rig} rig */
const movedAside = async (rig) => (await readdir(rig.dataFolder)).filter((name) => name.startsWith('redis.corrupt-')).length;

/** @param {import('../rig.mjs').Rig} rig @param {string} data @returns {Promise<object>} what was done */
async function damage(rig, data) {
  const folder = join(data, 'appendonlydir');
  const name = (await readdir(folder)).find((file) => file.endsWith('.incr.aof'));
  if (!name) throw new Error(`${folder} holds no append-only file`);
  const path = join(folder, name);
  const { size } = await stat(path);
  if (rig.random.pick(['cut', 'overwrite']) === 'cut') {
    const bytes = rig.random.whole(1, Math.min(size, 400));
    await truncate(path, size - bytes);
    return { cut: bytes, of: size };
  }
  const at = rig.random.whole(0, Math.max(0, size - 8));
  const file = await open(path, 'r+');
  await file.write(Buffer.from(Array.from({ length: 8 }, () => rig.random.whole(0, 255))), 0, 8, at);
  await file.close();
  return { overwritten: 8, at, of: size };
}

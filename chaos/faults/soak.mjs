// F30: many small jobs, one after the other, for as long as is asked for; does anything grow?
import { readFile } from 'node:fs/promises';

/** Growth of the resident memory of one process over the second half of the soak that is still no leak, in MB. */
const MOST_GROWTH_MB = 48;

/** @type {import('./fault.mjs').Fault} */
export const soak = {
  id: 'F30',
  what: 'small jobs without a pause for 30 minutes, or as many as --minutes says',
  holds: `all succeed; API and worker grow by at most ${MOST_GROWTH_MB} MB in the second half`,
  times: 1,
  timesProduction: 0,
  roundWithinSeconds: 86_400,
  async round(rig) {
    const service = await rig.service();
    const { soakMinutes: minutes } = rig;
    /** @type {Record<string, [minutes: number, megabytes: number][]>} */
    const samples = { api: [], worker: [] };
    const startedMs = performance.now();
    const passed = () => (performance.now() - startedMs) / 60_000;
    rig.strike('a soak', { minutes });
    const [worker] = await service.workers();
    while (passed() < minutes) {
      const job = await rig.jobs.accept(rig.jobs.brief());
      await rig.until(`${job.id} ends`, async () => (await rig.jobs.view(job))?.status === 'succeeded');
      samples.api.push([passed(), await residentMegabytes(service.pid)]);
      samples.worker.push([passed(), await residentMegabytes(worker.pid)]);
    }
    for (const [name, points] of Object.entries(samples)) {
      const half = points.slice(Math.floor(points.length / 2));
      const perHour = slope(half) * 60;
      const growth = slope(half) * (minutes / 2);
      rig.log.write('check', { name, jobs: points.length, megabytes_per_hour: perHour });
      rig.note(`${name}: ${half.at(-1)?.[1].toFixed(0)} MB after ${points.length} jobs, ${perHour.toFixed(1)} MB/h over the second half`);
      if (growth > MOST_GROWTH_MB) rig.found('other', `${name} grew by ${growth.toFixed(0)} MB in ${minutes / 2} minutes`);
    }
  },
};

/** @param {number} pid */
async function residentMegabytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

/** Of the straight line through the points, by least squares. @param {readonly [number, number][]} points */
function slope(points) {
  const mean = (/** @type {0 | 1} */ axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return over === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / over;
}

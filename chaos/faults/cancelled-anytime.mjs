// F36: jobs are cancelled at any moment of their life, once or several times at once.
import { drawnInstant } from '../until.mjs';

const JOBS = 20;

/** @type {import('./fault.mjs').Fault} */
export const cancelledAnytime = {
  id: 'F36',
  what: 'short jobs are cancelled while they wait, start, run, commit or are done, up to three times at once',
  holds: 'all answers agree; a cancel that was answered with 200 leaves no bundle; states follow the table',
  times: 10_000,
  async round(rig) {
    await rig.service();
    await rig.jobs.dataset();
    const jobs = [];
    while (jobs.length < Math.min(JOBS, rig.left ?? JOBS)) jobs.push(await rig.jobs.accept({ ...rig.jobs.lasting(rig.random.whole(1, 30)) }));
    await Promise.all(jobs.map((job) => cancelSometime(rig, job)));
  },
};

/** @param {import('../rig.mjs').Rig} rig @param {import('../jobs.mjs').AcceptedJob} job */
async function cancelSometime(rig, job) {
  const [waitSeconds, calls] = [rig.random.between(0, 4), rig.random.whole(1, 3)];
  await drawnInstant(waitSeconds);
  rig.strike('cancel', { id: job.id, calls });
  const answers = await Promise.all(Array.from({ length: calls }, () => rig.client.post(`/v1/jobs/${job.id}/cancel`, {})));
  const statuses = [...new Set(answers.map(({ status }) => status))];
  if (statuses.length > 1) rig.found('other', `${job.id}: cancels at once were answered ${statuses.join(' and ')}`);
  if (statuses.some((status) => status !== 200 && status !== 409)) rig.found('other', `${job.id}: a cancel was answered ${statuses.join(', ')}`);
  job.ends = statuses.includes(200) ? ['cancelled'] : ['succeeded'];
  const again = await rig.client.post(`/v1/jobs/${job.id}/cancel`, {});
  if (again.status !== statuses[0]) rig.found('other', `${job.id}: a repeated cancel was answered ${again.status}, the first ${statuses[0]}`);
  const { status } = await rig.client.get(`/v1/jobs/${job.id}/artifacts`);
  if (job.ends[0] === 'cancelled' && status === 200) rig.found('duplicated', `${job.id} has artifacts after its cancel`);
}

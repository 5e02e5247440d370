// The real service with and without children that wait: how soon a job begins, and that its result is the same.
import { expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Job } from '#contract/job.js';
import { threadClasses } from '#transfer/auto.js';
import { isRunning } from '../support/processes.js';
import { pretrain } from '../support/requests.js';
import { KEEPS_WARM, Service } from '../support/service.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

const JOBS = 3;
/** Several times what it takes on a machine at rest, so that it fails for a reason only. */
const BEGINS_WITHIN_MS = 3_000;
const KEPT_WARM = threadClasses(availableParallelism()).length;

/** Of several jobs, each submitted while the worker rests: from the acceptance to the sight of the first steps. */
async function beginnings(service: Service, dataset: string, atRest: () => Promise<unknown>): Promise<{ jobs: Job[]; ms: number[] }> {
  const jobs: Job[] = [];
  const ms: number[] = [];
  while (jobs.length < JOBS) {
    await atRest();
    const startedMs = performance.now();
    const { id } = await service.submit(pretrain(dataset));
    await until('its first steps are made', async () => (await service.job(id)).progress !== null);
    ms.push(performance.now() - startedMs);
    jobs.push(await service.ended(id));
  }
  return { jobs, ms: ms.sort((a, b) => a - b) };
}

const told = (ms: readonly number[]): string => `${Math.round(ms[1]!)} ms (${ms.map(Math.round).join(', ')})`;

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}

it('begins a job within moments of its acceptance, with the weights that a fresh child gives', async () => {
  const warm = await Service.start(KEEPS_WARM);
  const dataset = (await warm.generated('glyph_digits', 600)).id;
  const waiting = await warm.waitingChildren(KEPT_WARM);
  const memory = await Promise.all(waiting.map(({ pid }) => residentMegabytes(pid)));
  const begun = await beginnings(warm, dataset, () => warm.waitingChildren(KEPT_WARM));
  await warm.waitingChildren(KEPT_WARM);
  const left = await warm.processes();
  expect((await warm.stop()).code).toBe(0);
  for (const { pid } of left) expect(await isRunning(pid)).toBe(false);

  const cold = await Service.start({ DATA_DIR: warm.dataFolder });
  // A worker that keeps none warm begins with a process that tries the engine, and then has no child at all.
  const noChild = () => until('no child runs', async () => (await cold.processes()).every(({ command }) => !/train-job|probe-engine/.test(command)));
  const compared = await beginnings(cold, dataset, noChild);
  await noChild();

  const digests = new Set([...begun.jobs, ...compared.jobs].map(({ weights_digest: digest }) => digest));
  expect([...digests]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  process.stderr.write(`POST → first steps, median of ${JOBS}: warm ${told(begun.ms)}, cold ${told(compared.ms)}; a waiting child has ${memory.join(' and ')} MB\n`);
  expect({ medianMs: begun.ms[1]! < BEGINS_WITHIN_MS ? 'in time' : told(begun.ms) }).toEqual({ medianMs: 'in time' });
});

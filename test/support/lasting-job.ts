// What several end-to-end tests hold a job to, and the job that they interrupt.
import { expect } from '@jest/globals';
import type { JobEvent } from '#contract/event.js';
import { mayBecome } from '#contract/job-states.js';
import type { Job } from '#contract/job.js';
import type { MetricPoint } from '#contract/run.js';
import { pretrain } from './requests.js';
import type { Service } from './service.js';

/** Long enough to be interrupted, short enough to be made again: a few seconds. */
export const lasting = (dataset: string, epochs = 100): Record<string, unknown> =>
  pretrain(dataset, { model: { architecture: 'mlp', hidden: [256] }, training: { epochs, seed: 7 } });

/** Events numbered without a gap, and states that follow each other along the table. */
export async function expectSoundLog(service: Service, { id, status_history: history }: Job): Promise<void> {
  const events = await service.events(id);
  expect(events.map((event) => event.id)).toEqual(events.map((_, n) => String(n + 1)));
  const moves = history.slice(1).map(({ status }, at) => ({ from: history[at]!.status, to: status }));
  expect(moves.filter(({ from, to }) => !mayBecome(from, to))).toEqual([]);
}

export const curveOf = async (service: Service, id: string): Promise<MetricPoint[]> => (await service.get(`/v1/jobs/${id}/metrics`)).json<{ data: MetricPoint[] }>().data;

export const checkpointsTold = async (service: Service, id: string) =>
  (await service.events(id)).flatMap((event) => (event.type === 'job.checkpoint' ? [event.data] : []));

/** Waits until it has left so many checkpoints, of those that are meant. */
export async function hasCheckpoints(service: Service, id: string, count: number, meant: (data: CheckpointData) => boolean = () => true): Promise<void> {
  let found = 0;
  await service.told(id, `${id} has left ${count} checkpoints`, (event) => event.type === 'job.checkpoint' && meant(event.data) && ++found === count);
}
type CheckpointData = Extract<JobEvent, { type: 'job.checkpoint' }>['data'];

/** Kills the training process once it has left a checkpoint more. */
export async function killAfterACheckpoint(service: Service, id: string): Promise<void> {
  await hasCheckpoints(service, id, (await checkpointsTold(service, id)).length + 1);
  process.kill((await service.trainingChild()).pid, 'SIGKILL');
}

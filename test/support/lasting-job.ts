// What several end-to-end tests hold a job to, and the job that they interrupt.
import { expect } from '@jest/globals';
import type { Job } from '#contract/job.js';
import { mayBecome } from '#contract/job-states.js';
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

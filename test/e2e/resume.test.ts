// The real service when training is interrupted again and again: each attempt goes on from the last checkpoint, to the same bytes.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetricPoint } from '#contract/job.js';
import { expectSoundLog, lasting } from '../support/lasting-job.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

let service: Service;
let dataset: string;
let undisturbed: { digest: string; curve: MetricPoint[] };

const curveOf = async (id: string): Promise<MetricPoint[]> => (await service.get(`/v1/jobs/${id}/metrics`)).json<{ data: MetricPoint[] }>().data;
const checkpointsTold = async (id: string) => (await service.events(id)).flatMap((event) => (event.type === 'job.checkpoint' ? [event.data] : []));

beforeAll(async () => {
  service = await Service.start({ LOCK_SECONDS: '6', STALL_CHECK_SECONDS: '1', RETRY_SECONDS: '0', CHECKPOINT_SECONDS: '0.1' });
  dataset = (await service.generated('glyph_digits', 600)).id;
  const { id, weights_digest: digest } = await service.succeeds(lasting(dataset));
  undisturbed = { digest: digest!, curve: await curveOf(id) };
}, 60_000);

/** Kills the training process once it has left a checkpoint more. */
async function killAfterACheckpoint(id: string): Promise<void> {
  const before = (await checkpointsTold(id)).length;
  await until('there is another checkpoint', async () => (await checkpointsTold(id)).length > before);
  process.kill((await service.trainingChild()).pid, 'SIGKILL');
}

describe('a job whose process is killed again and again', () => {
  it('goes on from its checkpoints to the weights and curves it would have had', async () => {
    const { id } = await service.submit(lasting(dataset));
    for (let kill = 0; kill < 4; kill += 1) await killAfterACheckpoint(id);
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 5, weights_digest: undisturbed.digest });
    const resumed = (await service.events(id)).flatMap((event) => (event.type === 'job.resumed' ? [event.data] : []));
    expect(resumed).toHaveLength(4);
    for (const { step, bit_comparable: comparable, differs } of resumed) expect({ begun: step > 0, comparable, differs }).toEqual({ begun: true, comparable: true, differs: [] });
    expect(resumed.map(({ step }) => step)).toEqual(resumed.map(({ step }) => step).sort((a, b) => a - b));
    expect(await curveOf(id)).toEqual(undisturbed.curve);
    await expectSoundLog(service, ended);
  });

  it('goes on from the checkpoint before where the newest is damaged', async () => {
    const { id } = await service.submit(lasting(dataset));
    const folder = join(service.dataFolder, 'store', 'jobs', id, 'checkpoints');
    await until('there are two checkpoints', async () => (await checkpointsTold(id)).length >= 2);
    process.kill((await service.trainingChild()).pid, 'SIGSTOP');
    const { pid } = await service.trainingChild();
    const newest = (await readdir(folder)).sort().at(-1)!;
    await writeFile(join(folder, newest, 'checkpoint.bin'), 'torn');
    process.kill(pid, 'SIGKILL');

    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', weights_digest: undisturbed.digest });
    const events = await service.events(id);
    expect(events.filter(({ type }) => type === 'job.checkpoint_failed')).toMatchObject([{ data: { checkpoint: newest, error: { code: 'CHECKPOINT_CORRUPT' } } }]);
    expect(events.filter(({ type }) => type === 'job.resumed')).toHaveLength(1);
  });
});

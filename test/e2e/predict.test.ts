// Predictions by the real service: of a job at work by its best checkpoint, of its model once it has ended; and what becomes of the process that predicts.
import { expect, it, jest } from '@jest/globals';
import type { Checkpoint } from '#contract/checkpoint.js';
import type { Predictions } from '#contract/prediction.js';
import { hasCheckpoints, lasting } from '../support/lasting-job.js';
import { isRunning } from '../support/processes.js';
import { expectProblem } from '../support/requests.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(180_000);

const INSTANCES = [Array.from({ length: 28 }, (_, row) => Array<number>(28).fill(row * 9))];
const predictors = async (service: Service): Promise<number[]> =>
  (await service.processes()).filter(({ command }) => /^predict\s*$|workers\/predict\.js/.test(command)).map(({ pid }) => pid);

it('answers by the best checkpoint of a job at work, and by its model once it has succeeded', async () => {
  const service = await Service.start({ CHECKPOINT_SECONDS: '0.1' });
  const dataset = await service.generated('glyph_digits', 600);
  const { id } = await service.submit({ ...lasting(dataset.id, 2_000), training: { epochs: 2_000, seed: 7, validation_split: 0.2 } });
  await hasCheckpoints(service, id, 2);
  const ask = () => service.post(`/v1/jobs/${id}/predict`, { instances: INSTANCES, include: ['logits'] });

  const kept = async (): Promise<Checkpoint[]> => (await service.get(`/v1/jobs/${id}/checkpoints`)).json<{ data: Checkpoint[] }>().data;
  const best = async (): Promise<string> => (await kept()).find((checkpoint) => checkpoint.best)!.name;
  const atWork = await until('no better one came while it was asked', async () => {
    const before = await best();
    const answer = await ask();
    expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
    return (await best()) === before && answer.json<Predictions>().checkpoint === before ? answer.json<Predictions>() : undefined;
  }, 60_000);
  expect(atWork).toMatchObject({ model: null, job: id, checkpoint: expect.stringMatching(/^\d{6}-\d{6}$/) as unknown, task: 'classification' });

  expect((await service.post(`/v1/jobs/${id}/stop`)).status).toBe(200);
  const { model, status } = await service.ended(id);
  expect(status).toBe('succeeded');
  const ended = (await ask()).json<Predictions>();
  expect(ended).toMatchObject({ model, job: null, checkpoint: null });
  expect((await service.post(`/v1/models/${model}:predict`, { instances: INSTANCES })).json()).toMatchObject({ predictions: [expect.arrayContaining([expect.any(Number)])] });

  // A process that is killed under a request costs it nothing.
  const [pid] = await predictors(service);
  process.kill(pid!, 'SIGSTOP');
  const asked = ask();
  setImmediate(() => process.kill(pid!, 'SIGKILL'));
  expect((await asked).json<Predictions>()).toEqual(ended);

  expect((await service.delete(`/v1/models/${model}`)).status).toBe(204);
  expectProblem(await service.post(`/v1/models/${model}/predict`, { instances: INSTANCES }), 404, 'MODEL_NOT_FOUND');
  expectProblem(await ask(), 404, 'MODEL_NOT_FOUND');

  const left = await predictors(service);
  expect(left).toHaveLength(1);
  expect((await service.stop()).code).toBe(0);
  for (const each of left) expect(await isRunning(each)).toBe(false);
});

it('leaves no process that predicts behind when the service is killed', async () => {
  const service = await Service.start();
  const { model } = await service.succeeds({ type: 'pretrain', dataset: (await service.generated('glyph_digits', 240)).id, model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 1 } });
  expect((await service.post(`/v1/models/${model}/predict`, { instances: INSTANCES })).status).toBe(200);
  const [pid] = await predictors(service);
  await service.kill();
  await until('it is gone', async () => !(await isRunning(pid!)));
  // What else it left behind, the next one takes over.
  await Service.start({ DATA_DIR: service.dataFolder });
});

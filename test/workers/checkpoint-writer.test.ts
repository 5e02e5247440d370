// When a checkpoint is due: as often as was asked for, and never past a twentieth of the time.
import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKPOINT_FILE } from '#engine/checkpoint.js';
import { Curves } from '#engine/curves.js';
import type { TrainedRun } from '#engine/train-run.js';
import type { RunState } from '#engine/watch-run.js';
import { CheckpointWriter, latestCheckpoint } from '../../workers/checkpoint-writer.js';
import type { Report, TrainingTask } from '../../workers/protocol.js';
import { pretrain, specOf } from '../support/networks.js';
import { temporaryFolder } from '../support/store.js';

const BETWEEN = { epochEnded: false, metrics: {} };
const CURSOR = { stage: 0, epoch: 1, step: 10, epochsOfStage: 0, examples: 40 };
const STATE: RunState = { cursor: CURSOR, sums: undefined, metrics: {}, best: undefined, examplesSeen: 40, seconds: 1, tensors: new Map([['dense_1/bias', new Float32Array(6)]]) };
const ENGINE = { name: 'tensorflow', version: '2.9.1', device: 'cpu' };

/** A writer by a clock of its own, in seconds; `write` takes so long. */
async function writer({ checkpointSeconds = 0.1, hidden = 6 } = {}) {
  const spec = specOf(pretrain({ model: { architecture: 'mlp', hidden: [hidden] } }));
  const folder = await temporaryFolder();
  const told: Report[] = [];
  let nowMs = 0;
  const task = { job: { spec, spec_digest: 'sha256:0', id: 'job_1' }, attempt: 1, checkpointSeconds, checkpointFolder: folder } as unknown as TrainingTask;
  const writing = new CheckpointWriter(task, { engine: ENGINE, node: '20', threads: 1, processor: 'any' } as never, (report) => told.push(report), () => nowMs);
  return {
    writing, told, folder,
    isDueAfter: (seconds: number, at = BETWEEN) => ((nowMs += seconds * 1_000), writing.isDue(at)),
    write: (seconds: number, finished: readonly TrainedRun[] = []) => writing.write(spec.runs[0]!, () => ((nowMs += seconds * 1_000), STATE), finished, new Curves().state),
    latest: () => latestCheckpoint({ ...task, checkpoints: [{ name: '000001-000001', folder }] }, (report) => told.push(report)),
  };
}

describe('A checkpoint', () => {
  it('of a small network is due as soon as was asked for', async () => {
    const { isDueAfter } = await writer({ checkpointSeconds: 2 });
    expect([isDueAfter(1.9), isDueAfter(0.2)]).toEqual([false, true]);
  });

  it('that is the first of a large network waits until writing it would be a twentieth of the time', async () => {
    // 20 × 50,000 weights with two moments, 12 MB, at 50 MB a second: 0.24 s.
    const { isDueAfter } = await writer({ hidden: 50_000 });
    expect([isDueAfter(4.7), isDueAfter(0.2)]).toEqual([false, true]);
  });

  it('is followed by another after twenty times what it took, the copying of the state counted', async () => {
    const { isDueAfter, write, writing, folder, told } = await writer();
    expect(isDueAfter(1)).toBe(true);
    await write(0.5);
    expect(existsSync(join(folder, CHECKPOINT_FILE))).toBe(true);
    expect(told).toMatchObject([{ kind: 'checkpoint', name: '000001-000001' }]);
    writing.hasRoom(await temporaryFolder(), true);
    expect([isDueAfter(9.9), isDueAfter(0.2)]).toEqual([false, true]);
  });

  it.each<[string, TrainedRun['said']]>([
    ['what it said of each example', new Map([['loss', Float32Array.of(0.5, NaN)], ['predicted', Float32Array.of(2, 0)]])],
    ['nothing of what it said, as one of an earlier version has it', undefined],
  ])('has the finished main run with %s, apart from the run that goes on', async (_what, said) => {
    const { write, latest } = await writer();
    const weights = new Map([['dense_1/bias', Float32Array.of(1, 2, 3)]]);
    await write(0, [{ result: { run: 'main' }, weights, said } as unknown as TrainedRun]);
    const begun = (await latest())!;
    expect(begun.finished).toEqual([{ result: { run: 'main' }, weights, said }]);
    expect(begun.state.tensors).toEqual(STATE.tensors);
  });

  it('waits for the worker to have published the one before', async () => {
    const { isDueAfter, write, writing } = await writer();
    await write(0.1);
    expect(isDueAfter(100)).toBe(false);
    writing.hasRoom(await temporaryFolder(), true);
    expect(isDueAfter(0)).toBe(true);
  });

  it('of the best epoch so far is due at once, but not past the overhead', async () => {
    const { isDueAfter, write, writing } = await writer({ checkpointSeconds: 60 });
    const best = { epochEnded: true, metrics: { val_loss: 1 } };
    expect(isDueAfter(1, best)).toBe(true);
    await write(0.5);
    writing.hasRoom(await temporaryFolder(), true);
    expect([isDueAfter(9, best), isDueAfter(2, best)]).toEqual([false, true]);
  });
});

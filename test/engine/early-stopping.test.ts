// Early stopping: which epoch is the best, that the model is truly that one, and that a run left anywhere ends the same.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolveEarlyStopping, type EarlyStoppingRequest } from '#contract/early-stopping.js';
import type { FineTuneRequest, Training, TransferRequest } from '#contract/job-request.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { BestEpoch } from '#engine/best-epoch.js';
import { budgetOf } from '#engine/budget.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { classTargets } from '#engine/targets.js';
import { trainRun } from '#engine/train-run.js';
import type { RunListener, RunState } from '#engine/watch-run.js';
import type { TrainingData } from '#engine/training-data.js';
import { weightsDigest } from '#models/weights.js';
import { baseModel, classNames, dataset, everyTestFreesItsTensors, failureOf, fineTune, labelsOf, mlp, pretrain, specOf, stripes, stripesData } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

describe('the best epoch', () => {
  const seen = (values: readonly number[], asked: EarlyStoppingRequest, lastStageFrom = 1) => {
    const best = new BestEpoch(resolveEarlyStopping(asked));
    const overAt = values.findIndex((value, index) => {
      best.see({ stage: index + 1 >= lastStageFrom ? 1 : 0, epoch: index + 1 }, { val_loss: value, val_accuracy: value }, index + 1 >= lastStageFrom, () => new Map([['w', Float32Array.of(index + 1)]]));
      return best.isOver;
    });
    return { epoch: best.state!.epoch, kept: best.weights.get('w')?.[0], overAfter: overAt < 0 ? null : overAt + 1 };
  };

  it('is the lowest loss, or the highest accuracy, and patience counts the epochs since', () => {
    expect(seen([5, 3, 4, 4, 4, 1], { patience: 3 })).toEqual({ epoch: 2, kept: 2, overAfter: 5 });
    expect(seen([5, 6, 4, 5, 5, 1], { metric: 'val_accuracy', patience: 4 })).toEqual({ epoch: 2, kept: 2, overAfter: 6 });
  });

  it('is better by more than min_delta only', () => {
    expect(seen([5, 4.5, 4, 3.5], { patience: 2, min_delta: 1 })).toEqual({ epoch: 1, kept: 1, overAfter: 3 });
  });

  it('may lie in an earlier stage, whose epochs try nobody’s patience', () => {
    expect(seen([1, 2, 2, 2, 2, 2], { patience: 2 }, 5)).toEqual({ epoch: 1, kept: 1, overAfter: 6 });
  });

  it('keeps no weights where the last are wanted', () => {
    expect(seen([1, 2, 3], { patience: 2, restore_best: false })).toEqual({ epoch: 1, kept: undefined, overAfter: 3 });
  });

  it('is the first of the lowest, whatever the values are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1 }), (values) => {
        expect(seen(values, { patience: 10_000 }).epoch).toBe(values.indexOf(Math.min(...values)) + 1);
      }),
    );
  });
});

const QUIET: RunListener = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
const QUICK = { batch_size: 16, optimizer: { name: 'sgd', learning_rate: 0.2 }, seed: 7 } as const;
/** Each class passes for the next in what validates: the more is learnt, the higher its loss. */
const WRONG = stripes(12, { seed: 5 });
const MISLEADING: TrainingData = { ...stripesData(), validation: { ...WRONG, targets: classTargets(labelsOf(WRONG).map((label) => (label + 1) % 3)) } };
/** The data set is said to have the part that validates here. */
const DATA = dataset({ validation: [4, 4, 4] });
const specWith = (training: Training): ResolvedSpec => specOf(pretrain({ model: { layers: mlp().layers }, training: { ...QUICK, ...training } }), DATA);
const base = freshWeights(mlp(), 9);

async function run(spec: ResolvedSpec, listener: Partial<RunListener> = {}, from?: RunState) {
  const { result, weights } = await trainRun(tf, spec, spec.runs[0]!, MISLEADING, base, { ...QUIET, ...listener }, { from });
  return { result, digest: weightsDigest(spec.architecture, weights) };
}

describe('a run with early stopping', () => {
  it('ends when patience does, and is to the bit the run that ended at its best epoch', async () => {
    const { result, digest } = await run(specWith({ epochs: 9, early_stopping: { patience: 2 } }));
    expect(result).toMatchObject({ steps: 24, stop_reason: 'early_stopped', budget_reached: null, best_epoch: 1 });
    const one = await run(specWith({ epochs: 1 }));
    expect(digest).toBe(one.digest);
    expect(result.metrics).toEqual(one.result.metrics);
  });

  it('may keep what it had in the end', async () => {
    const { result, digest } = await run(specWith({ epochs: 9, early_stopping: { patience: 2, restore_best: false } }));
    expect(result).toMatchObject({ steps: 24, stop_reason: 'early_stopped', best_epoch: null });
    expect(digest).toBe((await run(specWith({ epochs: 3 }))).digest);
  });

  it('that takes all its steps is complete, and is that of its best epoch all the same', async () => {
    const { result, digest } = await run(specWith({ epochs: 3, early_stopping: { patience: 2 } }));
    expect(result).toMatchObject({ stop_reason: 'completed', best_epoch: 1 });
    expect(digest).toBe((await run(specWith({ epochs: 1 }))).digest);
  });

  it('has the same end from wherever it was left', async () => {
    const spec = specWith({ epochs: 9, early_stopping: { patience: 2 } });
    const left: RunState[] = [];
    const whole = await run(spec, { onCall: async (_run, _at, save) => (left.push(save()), 'go') });
    expect(left.at(-1)!.best).toMatchObject({ epoch: 1, since: 2 });
    for (const from of left) {
      const stored = { ...(JSON.parse(JSON.stringify({ ...from, tensors: undefined })) as Omit<RunState, 'tensors'>), tensors: from.tensors };
      const rest = await run(spec, {}, stored);
      expect(rest.digest).toBe(whole.digest);
      expect(rest.result).toEqual({ ...whole.result, seconds: rest.result.seconds, examples_per_second: rest.result.examples_per_second });
    }
  });

  const staged: TransferRequest = { kind: 'parameter', stages: [{ trainable: 'head', epochs: 4 }, { trainable: 'all', epochs: 9 }] };
  const tuned = (transfer: TransferRequest, rest: Partial<FineTuneRequest> = {}): ResolvedSpec =>
    specOf(fineTune(transfer, { training: { ...QUICK, early_stopping: { patience: 2 } }, ...rest }), dataset({ validation: [4, 4, 4], labels: classNames(3, 'other') }), baseModel(mlp()));

  it('of several stages is ended in the last one only', async () => {
    const { result } = await run(tuned(staged));
    expect(result).toMatchObject({ steps: 8 * 6, stop_reason: 'early_stopped', best_epoch: 1 });
  });

  it('keeps the bytes of a trunk that gave features', async () => {
    const spec = tuned({ kind: 'feature' });
    const { weights, result } = await trainRun(tf, spec, spec.runs[0]!, MISLEADING, base, QUIET);
    expect(result.best_epoch).toBe(1);
    expect(weights.get('dense_1/kernel')).toEqual(base.get('dense_1/kernel'));
  });

  it('gives a baseline the steps of the main run, and its best epoch', async () => {
    const spec = tuned(staged, { baseline: { scratch: true } });
    const main = (await run(spec)).result;
    const plan = spec.runs.find(({ role }) => role === 'baseline')!;
    const { result } = await trainRun(tf, spec, plan, MISLEADING, null, QUIET, { budget: budgetOf(spec, plan, main) });
    expect(result).toMatchObject({ steps: main.steps, stop_reason: 'budget', best_epoch: 1 });
  });
});

describe('early stopping', () => {
  it('shows what it goes by in the spec', () => {
    expect(specWith({ early_stopping: {} }).training.early_stopping).toEqual({ metric: 'val_loss', patience: 3, min_delta: 0, restore_best: true });
    expect(specWith({}).training).not.toHaveProperty('early_stopping');
  });

  it.each(['loss', 'test_loss', 'val_auc', 'val_rmse'])('cannot go by %s', (metric) => {
    expect(failureOf(() => specWith({ early_stopping: { metric } }))).toMatchObject({ code: 'METRIC_NOT_MEASURED', pointer: '/training/early_stopping/metric' });
  });

  it('needs something to validate with', () => {
    const request = pretrain({ training: { early_stopping: {} } });
    expect(failureOf(() => specOf(request, dataset()))).toMatchObject({ code: 'METRIC_NOT_MEASURED', message: expect.stringContaining('validation_split') as unknown });
  });
});

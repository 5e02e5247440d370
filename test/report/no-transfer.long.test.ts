// The control: where a source is nothing but random weights, verdicts other than "cannot tell" are errors of the report.
import { expect, it, jest } from '@jest/globals';
import type { RunResult } from '#contract/run.js';
import type { Verdict } from '#contract/transfer-report.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import { compareRuns } from '#report/comparison.js';
import { baseModel, classNames, dataset, fineTune, mlp, specOf, stripes } from '../support/networks.js';

jest.setTimeout(3_600_000);

const { tf } = loadTensorFlow();
const REPETITIONS = 200;
const MOST_VERDICTS = 0.08;
const NETWORK = mlp(12);
const TEST = stripes(600, { seed: 1 });

/** Three pairs from one random source, on training examples of their own: all of the network learns, for one short epoch. */
async function verdictOf(repetition: number): Promise<{ verdict: Verdict; accuracies: number[] }> {
  const training = { epochs: 1, batch_size: 8, optimizer: { name: 'sgd', learning_rate: 0.05 }, seed: 1 + 3 * repetition } as const;
  const request = fineTune({ kind: 'parameter', stages: [{ trainable: 'all' }] }, { training, baseline: { scratch: true, seeds: 3 } });
  const spec = specOf(request, dataset({ labels: classNames(3, 'other'), train: [20, 20, 20] }), baseModel(NETWORK));
  const source = freshWeights(NETWORK, 1_000_000 + repetition);
  const data = { train: stripes(60, { seed: 2 + repetition }), validation: undefined, test: TEST };
  const runs: RunResult[] = [];
  for (const run of spec.runs) runs.push((await trainRun(tf, spec, run, data, source, { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined })).result);
  return { verdict: compareRuns(runs, 'classification').verdict, accuracies: runs.map(({ metrics }) => metrics.test_accuracy!) };
}

it(`a source of random weights is told from scratch in at most 8 % of ${REPETITIONS} jobs`, async () => {
  const counts: Record<Verdict, number> = { helps: 0, hurts: 0, cannot_tell: 0 };
  const accuracies: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const found = await verdictOf(repetition);
    counts[found.verdict] += 1;
    accuracies.push(...found.accuracies);
  }
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const spread = Math.sqrt(accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / accuracies.length);
  process.stderr.write(`${JSON.stringify({ ...counts, mean, spread })}\n`);
  // Networks that had learnt nothing, or all there is, would be alike without any luck.
  expect(mean).toBeGreaterThan(0.4);
  expect(spread).toBeGreaterThan(0.02);
  expect((counts.helps + counts.hurts) / REPETITIONS).toBeLessThanOrEqual(MOST_VERDICTS);
});

// The learning rate range test (Smith 2017) as fastai's lr_find takes it (fastai/callback/schedule.py): a hundred steps whose rate grows by a
// constant factor from 1e-7 to 10, until the loss has gone up fourfold. The network is as before when it has ended.
import { RANGE_STEPS, type RatePoint } from '../contract/rate-report.js';
import type { Stage } from '../contract/job.js';
import type { Examples } from './examples.js';
import type { Verdict } from './fit.js';
import type { TensorFlow } from './native.js';
import type { Network } from './network.js';
import { makeOptimizer } from './optimizers/registry.js';
import { openStage, type StageSettings } from './open-stage.js';

const FROM = 1e-7;
const TO = 10;
/** It ends where the smoothed loss is so many times its best. */
const DIVERGED = 4;
/** Of the running mean that smooths the loss; what it lacks at first is divided out, as in Adam. */
const BETA = 0.98;
/** So few that a caller who wants to interfere is heard. */
const STEPS_PER_CALL = 10;

/** Of the step at this place, from 0. */
export const rangeRate = (index: number): number => FROM * (TO / FROM) ** (index / RANGE_STEPS);

export interface RangeTest {
  points: RatePoint[];
  /** Whether it ended before its last step, the loss having gone up or being no number any more. */
  diverged: boolean;
}

/**
 * @param stage what learns; where blocks have rates of their own, each grows with the last one's
 * @param onCall asked after some steps, with the points so far; anything but "go" ends the test
 */
export async function rangeTest(tf: TensorFlow, network: Network, examples: Examples, settings: StageSettings, stage: Stage, onCall: (points: readonly RatePoint[]) => Promise<Verdict>): Promise<RangeTest> {
  const before = network.readWeights();
  const optimizer = makeOptimizer(tf, settings.optimizer);
  network.context.seed = settings.seed;
  const opened = openStage(tf, network, examples, settings, { optimizer }, stage);
  const smooth = new SmoothedLoss();
  const points: RatePoint[] = [];
  let diverged = false;
  try {
    const { steps, feed, rates } = opened;
    const { batch_size: batch, seed, objective } = settings;
    const width = objective.measures.length;
    for (let epoch = 1; points.length < RANGE_STEPS && !diverged; epoch += 1) {
      for await (const rows of feed.shuffled(seed, epoch)) {
        for (let from = 0; from < rows.length && points.length < RANGE_STEPS && !diverged; ) {
          const some = rows.subarray(from, from + batch * Math.min(STEPS_PER_CALL, RANGE_STEPS - points.length));
          from += some.length;
          const first = points.length;
          const ofSteps = Array.from({ length: Math.ceil(some.length / batch) }, (_, index) => rangeRate(first + index));
          const measured = steps.take(some, first + 1, rates.map(({ learning_rate: rate }) => Float32Array.from(ofSteps, (each) => (each * rate) / stage.learning_rate)));
          for (let at = 0; at < ofSteps.length && !diverged; at += 1) {
            const loss = measured[at * width]!;
            diverged = !Number.isFinite(loss);
            if (diverged) break;
            const smoothed = smooth.add(loss);
            points.push({ step: first + at + 1, learning_rate: ofSteps[at]!, loss, smoothed_loss: smoothed });
            diverged = smoothed > DIVERGED * smooth.best;
          }
          if ((await onCall(points)) !== 'go') return { points, diverged };
        }
        if (points.length >= RANGE_STEPS || diverged) break;
      }
    }
    return { points, diverged };
  } finally {
    opened.dispose();
    optimizer.dispose();
    network.writeWeights(before);
  }
}

class SmoothedLoss {
  private mean = 0;
  private count = 0;
  best = Infinity;

  add(loss: number): number {
    this.count += 1;
    this.mean = BETA * this.mean + (1 - BETA) * loss;
    const smoothed = this.mean / (1 - BETA ** this.count);
    this.best = Math.min(this.best, smoothed);
    return smoothed;
  }
}

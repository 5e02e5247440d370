// The learning rate range test (Smith 2017) as fastai's lr_find takes it (fastai/callback/schedule.py): a hundred steps whose rate grows by a
// constant factor from 1e-7 to 10, until the loss has gone up fourfold. The network is as before when it has ended.
import { RANGE_STEPS, type RatePoint } from '../contract/rate-report.js';
import type { Stage } from '../contract/training-specs.js';
import { batches, type Examples } from './examples.js';
import type { Feed } from './feed.js';
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
  const { steps, feed, rates } = opened;
  const { batch_size: batch, seed, objective } = settings;
  const width = objective.measures.length;
  const curve = new Curve();
  try {
    for await (const rows of calls(feed, seed, batch)) {
      const first = curve.points.length;
      const some = rows.subarray(0, batch * (RANGE_STEPS - first));
      const ofSteps = Array.from({ length: Math.ceil(some.length / batch) }, (_, index) => rangeRate(first + index));
      const measured = steps.take(some, first + 1, rates.map(({ learning_rate: rate }) => Float32Array.from(ofSteps, (each) => (each * rate) / stage.learning_rate)));
      ofSteps.forEach((rate, at) => curve.add(rate, measured[at * width]!));
      if ((await onCall(curve.points)) !== 'go' || curve.diverged || curve.points.length === RANGE_STEPS) break;
    }
    return { points: curve.points, diverged: curve.diverged };
  } finally {
    opened.dispose();
    optimizer.dispose();
    network.writeWeights(before);
  }
}

/** Rows of some steps at a time, epoch after epoch. */
async function* calls(feed: Feed, seed: number, batch: number): AsyncGenerator<Uint32Array> {
  const size = batch * STEPS_PER_CALL;
  for (let epoch = 1; ; epoch += 1) {
    for await (const rows of feed.shuffled(seed, epoch)) yield* batches(rows, size);
  }
}

class Curve {
  readonly points: RatePoint[] = [];
  diverged = false;
  private mean = 0;
  private best = Infinity;

  /** The loss before a step, in order; what comes after the curve has diverged is none of it. */
  add(rate: number, loss: number): void {
    if (this.diverged) return;
    this.diverged = !Number.isFinite(loss);
    if (this.diverged) return;
    const step = this.points.length + 1;
    this.mean = BETA * this.mean + (1 - BETA) * loss;
    const smoothed = this.mean / (1 - BETA ** step);
    this.points.push({ step, learning_rate: rate, loss, smoothed_loss: smoothed });
    this.best = Math.min(this.best, smoothed);
    this.diverged = smoothed > DIVERGED * this.best;
  }
}

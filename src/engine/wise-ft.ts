// Robust fine-tuning by interpolation (WiSE-FT, Wortsman et al. 2022): the weights between where a run began and what it came to that validate best.
import { isBetterHigher } from '../contract/metrics.js';
import type { Interpolation } from '../contract/run.js';
import type { WiseFt } from '../contract/wise-ft.js';
import type { Weights } from '../models/weights.js';

/** What the run knew where the interpolation starts lies under this beside the weights of a run at work, as far as it is not what it began with. */
export const PROBE = 'probe:';

/** From 0 to 1 by tenths. */
export const ALPHAS: readonly number[] = Array.from({ length: 11 }, (_, tenths) => tenths / 10);

/** (1 − α) θ₀ + α θ₁, statistics of batch normalisation too; at 0 and 1 the ends themselves, to the bit. */
export function between(start: Weights, end: Weights, alpha: number): Weights {
  if (alpha === 0 || alpha === 1) return alpha === 0 ? start : end;
  return new Map([...end].map(([path, values]) => [path, values.map((value, at) => (1 - alpha) * start.get(path)![at]! + alpha * value)]));
}

/** What was measured with the weights of each α; the best of those that are equally good is the one nearest to the end. */
export function bestOf({ metric }: WiseFt, curve: Interpolation['curve']): Interpolation {
  const sign = isBetterHigher(metric) ? 1 : -1;
  const best = curve.reduce((found, point) => (sign * point.metrics[metric]! >= sign * found.metrics[metric]! ? point : found));
  return { metric, alpha: best.alpha, curve };
}

/** Where the interpolation of a run starts. */
export class InterpolationStart {
  private probe: Weights | undefined;

  /**
   * @param begun what the run began with
   * @param from what an earlier attempt kept of the run
   */
  constructor(readonly settings: WiseFt, private readonly begun: Weights, from?: { tensors: Weights }) {
    const kept = [...(from?.tensors ?? [])].filter(([name]) => name.startsWith(PROBE));
    if (kept.length > 0) this.probe = new Map(kept.map(([name, values]) => [name.slice(PROBE.length), values]));
  }

  /** A stage has ended. Until the start only what is new has learnt, so that the rest is what the run began with. */
  see(stage: number, readWeights: () => Weights): void {
    if (stage !== this.settings.after_stages - 1 || this.probe) return;
    this.probe = new Map([...readWeights()].filter(([path, values]) => values.some((value, at) => value !== this.begun.get(path)![at])));
  }

  /** Those of the start; undefined where the run did not come that far. */
  get weights(): Weights | undefined {
    if (this.settings.after_stages === 0) return this.begun;
    return this.probe && new Map([...this.begun, ...this.probe]);
  }

  /** As a checkpoint keeps it. */
  get tensors(): [string, Float32Array][] {
    return [...(this.probe ?? [])].map(([path, values]) => [`${PROBE}${path}`, values]);
  }
}

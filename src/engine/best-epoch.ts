// The best epoch of a run, by what validates it. Its weights are kept, and training ends when none better comes (Prechelt 1998).
import type { EarlyStopping } from '../contract/early-stopping.js';
import type { FlatMetrics } from '../contract/job.js';
import { isBetterHigher } from '../contract/metrics.js';
import type { Weights } from '../models/weights.js';

/** What a run that is gone on with must know of it, beside the weights. */
export interface BestState {
  epoch: number;
  /** All metrics after that epoch. */
  metrics: FlatMetrics;
  /** Epochs of the last stage since then, none of which was better. */
  since: number;
}

/** Weights of the best epoch lie under this beside those of a run at work. */
export const BEST = 'best:';

export class BestEpoch {
  /** @param kept by an earlier attempt: its state, and all tensors of the run */
  constructor(
    private readonly settings: EarlyStopping,
    kept?: { best?: BestState | undefined; tensors: Weights },
  ) {
    this.state = kept?.best;
    this.weights = new Map([...(kept?.tensors ?? [])].flatMap(([name, values]) => (name.startsWith(BEST) ? [[name.slice(BEST.length), values]] : [])));
  }

  state: BestState | undefined;
  weights: Weights;

  /** After an epoch. @param counts whether its not being better counts: in the last stage */
  see(epoch: number, metrics: FlatMetrics, counts: boolean, readWeights: () => Weights): void {
    if (this.isBetter(metrics)) {
      this.state = { epoch, metrics: { ...metrics }, since: 0 };
      if (this.settings.restore_best) this.weights = readWeights();
    } else if (this.state && counts) {
      this.state = { ...this.state, since: this.state.since + 1 };
    }
  }

  /** Whether none better came for as long as was to be waited. */
  get isOver(): boolean {
    return (this.state?.since ?? 0) >= this.settings.patience;
  }

  private isBetter(metrics: FlatMetrics): boolean {
    const { metric, min_delta: delta } = this.settings;
    const value = metrics[metric];
    if (value === undefined || !this.state) return value !== undefined;
    const before = this.state.metrics[metric]!;
    return isBetterHigher(metric) ? value > before + delta : value < before - delta;
  }
}

// The best epoch of a run, by what validates it. Its weights are kept, and training ends when none better comes (Prechelt 1998).
import type { EarlyStopping } from '../contract/early-stopping.js';
import { isBetterHigher } from '../contract/metrics.js';
import type { FlatMetrics, StageChoice } from '../contract/run.js';
import type { Weights } from '../models/weights.js';

/** What a run that is gone on with must know of it, beside the weights. */
export interface BestState {
  epoch: number;
  /** All metrics after that epoch. */
  metrics: FlatMetrics;
  /** Epochs of the last stage since then, none of which was better. */
  since: number;
  /** The best of each stage so far; left out by earlier versions. */
  stages?: StageChoice['stages'];
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
  see({ stage, epoch }: { stage: number; epoch: number }, metrics: FlatMetrics, counts: boolean, readWeights: () => Weights): void {
    const value = metrics[this.settings.metric];
    const stages = value === undefined ? this.state?.stages : this.withStage({ stage, epoch, value });
    if (this.isBetter(value, this.state?.metrics[this.settings.metric])) {
      this.state = { epoch, metrics: { ...metrics }, since: 0, ...(stages && { stages }) };
      if (this.settings.restore_best) this.weights = readWeights();
    } else if (this.state) {
      this.state = { ...this.state, since: this.state.since + (counts ? 1 : 0), ...(stages && { stages }) };
    }
  }

  /** Which stage the weights are from, once there was more than one to choose from. */
  get choice(): StageChoice | undefined {
    const { epoch, stages = [] } = this.state ?? {};
    const chosen = stages.find((best) => best.epoch === epoch);
    return chosen && this.settings.restore_best ? { metric: this.settings.metric, stages, stage: chosen.stage } : undefined;
  }

  private withStage(seen: StageChoice['stages'][number]): StageChoice['stages'] {
    const stages = this.state?.stages ?? [];
    const before = stages.find(({ stage }) => stage === seen.stage);
    if (!before) return [...stages, seen];
    return this.isBetter(seen.value, before.value) ? stages.map((best) => (best === before ? seen : best)) : stages;
  }

  /** Whether none better came for as long as was to be waited. */
  get isOver(): boolean {
    return (this.state?.since ?? 0) >= this.settings.patience;
  }

  private isBetter(value: number | undefined, before: number | undefined): boolean {
    const { metric, min_delta: delta } = this.settings;
    if (value === undefined || before === undefined) return value !== undefined;
    return isBetterHigher(metric) ? value > before + delta : value < before - delta;
  }
}

// A rate that falls when a metric stops getting better: Keras's ReduceLROnPlateau, of one stage.
import { isBetterHigher } from '../contract/metrics.js';
import type { FlatMetrics } from '../contract/run.js';
import type { ScheduleSettings } from '../contract/schedules.js';

/** What a stage that is gone on with must know of it. */
export interface PlateauState {
  /** What the rate is multiplied by at the moment. */
  factor: number;
  /** The best value of the metric so far; null before the first. */
  best: number | null;
  /** Epochs since then. */
  waited: number;
  /** Epochs that are not counted yet. */
  cooling: number;
}

export class Plateau {
  /** @param state as an earlier attempt left it */
  constructor(
    private readonly settings: ScheduleSettings<'reduce_on_plateau'>,
    public state: PlateauState = { factor: 1, best: null, waited: 0, cooling: 0 },
  ) {}

  /** After an epoch of the stage. */
  see(metrics: FlatMetrics): void {
    const { metric, factor, patience, cooldown, min_factor: lowest } = this.settings;
    const value = metrics[metric];
    if (value === undefined) return;
    const cooling = Math.max(0, this.state.cooling - 1);
    const better = this.isBetter(value);
    const waited = better || cooling > 0 ? 0 : (this.state.cooling > 0 ? 0 : this.state.waited) + 1;
    const falls = waited >= patience && this.state.factor > lowest;
    this.state = {
      factor: falls ? Math.max(this.state.factor * factor, lowest) : this.state.factor,
      best: better ? value : this.state.best,
      waited: falls ? 0 : waited,
      cooling: falls ? cooldown : cooling,
    };
  }

  private isBetter(value: number): boolean {
    const { metric, min_delta: delta } = this.settings;
    if (this.state.best === null) return true;
    return isBetterHigher(metric) ? value > this.state.best + delta : value < this.state.best - delta;
  }
}

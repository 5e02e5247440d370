// The learning curves of the runs, thinned while they grow: at most so many points of a run are held, evenly spread over its epochs, and
// always its last. They are part of a checkpoint, so that a run that is gone on with has the curve it would have had.
import type { MetricPoint } from '../contract/run.js';
import type { CurvePoint } from '../contract/transfer-report.js';

export const MOST_POINTS = 200;

/** Of one run: every `stride`-th epoch, and the last. */
export interface Curve {
  stride: number;
  kept: CurvePoint[];
  last: CurvePoint | null;
}
/** By run. */
export type CurvesState = Readonly<Record<string, Curve>>;

export class Curves {
  private readonly curves: Map<string, Curve>;

  /** @param from what was kept of earlier attempts */
  constructor(from: CurvesState = {}) {
    this.curves = new Map(Object.entries(structuredClone(from)));
  }

  /** Takes what the loop tells; means over single steps are left out. */
  add(points: readonly MetricPoint[]): void {
    for (const { run, epoch, step, values } of points) if ('epoch_loss' in values) this.append(run, { epoch, step, values });
  }

  private append(run: string, point: CurvePoint): void {
    const curve = this.curves.get(run) ?? { stride: 1, kept: [], last: null };
    curve.last = point;
    if ((point.epoch - 1) % curve.stride === 0) curve.kept.push(point);
    // One place is left for the last.
    if (curve.kept.length > MOST_POINTS - 1) {
      curve.stride *= 2;
      curve.kept = curve.kept.filter(({ epoch }) => (epoch - 1) % curve.stride === 0);
    }
    this.curves.set(run, curve);
  }

  pointsOf(run: string): CurvePoint[] {
    const { kept, last } = this.curves.get(run) ?? { kept: [], last: null };
    return last && last.epoch !== kept.at(-1)?.epoch ? [...kept, last] : kept;
  }

  get state(): CurvesState {
    return Object.fromEntries(this.curves);
  }
}

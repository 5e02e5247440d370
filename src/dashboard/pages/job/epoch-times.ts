// When epochs ended, by their events: what puts points of a learning curve, which know steps alone, on an axis of time.
import type { JobEvent } from '../../../contract/event.js';
import type { MetricPoint } from '../../../contract/run.js';

/** Of one run: past so many every other is let go, so that a job of any length takes as little. */
const MOST_KEPT = 2_000;

interface Moment {
  epoch: number;
  /** Since 1970. */
  seconds: number;
}

export class EpochTimes {
  private readonly runs = new Map<string, Moment[]>();

  /** An event of the job; those that are told again, as after a break, change nothing. */
  note(event: JobEvent): void {
    if (event.type !== 'epoch.finished' && event.type !== 'run.started') return;
    const { run } = event.data;
    const epoch = event.type === 'epoch.finished' ? event.data.epoch : 0;
    const kept = this.runs.get(run) ?? this.runs.set(run, []).get(run)!;
    // A run that goes on from a checkpoint tells some epochs again: the last time counts.
    while (kept.length > 0 && kept.at(-1)!.epoch >= epoch) kept.pop();
    kept.push({ epoch, seconds: Date.parse(event.created_at) / 1000 });
    if (kept.length > MOST_KEPT) this.runs.set(run, kept.filter((_, at) => at % 2 === 0));
  }

  /** Seconds since the first run began, by the epochs before and after the point; undefined where none is known. */
  secondsOf({ run, step, epoch }: MetricPoint): number | undefined {
    const kept = this.runs.get(run);
    const start = Math.min(...[...this.runs.values()].map(([first]) => first?.seconds ?? Infinity));
    if (!kept || kept.length < 2 || step === 0) return undefined;
    // How far within its epoch a point lies is not told; it is taken to lie at its end, as the last of each does.
    const after = Math.max(1, kept.findIndex((moment) => moment.epoch >= epoch));
    const [before, then] = [kept[after - 1]!, kept[after]!];
    const part = then.epoch === before.epoch ? 1 : (epoch - before.epoch) / (then.epoch - before.epoch);
    return before.seconds + part * (then.seconds - before.seconds) - start;
  }
}

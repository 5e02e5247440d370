// When a silent child hangs, and when it is only busy.
import { describe, expect, it } from '@jest/globals';
import type { Progress } from '#contract/job.js';
import { Heartbeat } from '../../workers/heartbeat.js';
import type { Phase, Report } from '../../workers/protocol.js';

const HANG_SECONDS = 120;
const steps = (next: 'training' | 'evaluating' = 'training'): Report => ({ kind: 'progress', progress: {} as Progress, next });
const stageBegins: Report = {
  kind: 'event', type: 'run.steps_ready', data: { run: 'main', role: 'main', stage: 0, captured: true, operations: 1, why_not: null },
};
const epochEnds = (epoch: number): Report => ({
  kind: 'event', type: 'epoch.finished', data: { run: 'main', role: 'main', stage: 0, epoch, epochs: 5, metrics: {} },
});
const stops: Report = {
  kind: 'event', type: 'run.stopped', data: { run: 'main', role: 'main', steps: 9, stop_reason: 'budget', budget_reached: 'steps' },
};
const finalizing: Report = { kind: 'finalizing' };

/** A heart that was looked at every second, and heard a report each `everySeconds`. */
class Looking {
  private nowMs = 0;
  private readonly heart = new Heartbeat(HANG_SECONDS, 0);

  heard(report: Report, times = 1, everySeconds = 0): this {
    for (let time = 0; time < times; time += 1) {
      if (this.silentFor(everySeconds) !== undefined) throw new Error('it was taken for hung');
      this.heart.heard(report, this.nowMs);
    }
    return this;
  }

  /** The phase in which it is taken for hung, within so many seconds of silence. */
  silentFor(seconds: number): Phase | undefined {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1_000;
      const hang = this.heart.look(this.nowMs);
      if (hang) return hang.phase;
    }
    return undefined;
  }

  /** This process does not run for a while, then looks. */
  standsStill(seconds: number): Phase | undefined {
    this.nowMs += seconds * 1_000;
    return this.heart.look(this.nowMs)?.phase;
  }
}

describe('a child is taken for hung', () => {
  it.each([
    ['training', 120, () => new Looking().heard(steps(), 5, 1)],
    ['evaluating', 1_200, () => new Looking().heard(steps(), 5, 1).heard(steps('evaluating'))],
    ['training', 120, () => new Looking().heard(steps(), 5, 1).heard(steps('evaluating')).heard(epochEnds(1))],
    ['evaluating', 1_200, () => new Looking().heard(steps(), 5, 1).heard(steps('evaluating')).heard(epochEnds(5))],
    ['evaluating', 1_200, () => new Looking().heard(steps(), 5, 1).heard(stops).heard(epochEnds(1))],
    ['training', 120, () => new Looking().heard(stops).heard(stageBegins).heard(steps(), 2, 1).heard(epochEnds(1))],
    ['preparing', 1_200, () => new Looking()],
    ['preparing', 1_200, () => new Looking().heard(steps(), 5, 1).heard(stageBegins)],
    ['finalizing', 600, () => new Looking().heard(steps(), 5, 1).heard(finalizing)],
  ])('%s after %i seconds of silence', (phase, seconds, at) => {
    expect(at().silentFor(seconds - 1)).toBeUndefined();
    expect(at().silentFor(seconds)).toBe(phase);
  });

  it('later where its steps take long anyway: at three times the usual interval', () => {
    const slow = (): Looking => new Looking().heard(steps()).heard(steps(), 9, 100);
    expect(slow().silentFor(299)).toBeUndefined();
    expect(slow().silentFor(300)).toBe('training');
  });

  it('by the pace of its own stage, not that of the one before', () => {
    const faster = new Looking().heard(steps()).heard(steps(), 9, 100).heard(stageBegins).heard(steps(), 3, 1);
    expect(faster.silentFor(120)).toBe('training');
  });

  it('not for a time in which nobody looked', () => {
    const child = new Looking().heard(steps(), 5, 1);
    expect(child.standsStill(10_000)).toBeUndefined();
    expect(child.silentFor(117)).toBeUndefined();
    expect(child.silentFor(1)).toBe('training');
  });
});

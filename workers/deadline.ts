// A budget of seconds that is a promise over all of a job: how much of it training may use, and what is left out where it is used up. The job
// succeeds with the best it has by then, be the budget too short for anything: the least that makes a model is done whatever the time.
import type { ResolvedSpec } from '#contract/training-specs.js';

/** Part of the time that is kept for what follows training: test, report and files. */
const KEPT = 0.2;
const MOST_KEPT_SECONDS = 60;

export class Deadline {
  private readonly seconds: number;
  private readonly forTraining: number;

  /** @param spentSeconds time at work so far, over all attempts */
  constructor(private readonly spec: Pick<ResolvedSpec, 'runs' | 'training'>, private readonly spentSeconds: () => number) {
    this.seconds = spec.training.budget?.job_seconds ?? Infinity;
    this.forTraining = this.seconds === Infinity ? Infinity : this.seconds - Math.min(KEPT * this.seconds, MOST_KEPT_SECONDS);
  }

  /** Whether the run has had its share, all runs before it having had theirs. */
  isOver(run: string): boolean {
    const place = this.spec.runs.findIndex((each) => each.run === run) + 1;
    return this.spentSeconds() >= (this.forTraining * place) / this.spec.runs.length;
  }

  /** Whether what need not be measured is left out: most of what is kept has gone. */
  get hurries(): boolean {
    return this.spentSeconds() >= (this.forTraining + this.seconds) / 2;
  }
}

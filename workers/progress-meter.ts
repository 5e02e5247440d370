// How far a job is, over all its runs: counted in steps, with a rate and a guess of what is left.
import { epochsOf, mostStepsOf, partnerOf, type Progress, type ResolvedSpec, type RunPlan } from '#contract/job.js';
import type { TrainedRun } from '#engine/train-run.js';
import type { StepsTaken } from '#engine/watch-run.js';

export class ProgressMeter {
  private readonly epochs: number;
  private readonly startMs: number;
  private examples = 0;
  /** Taken by this attempt. */
  private steps = 0;

  /** @param finished runs that are done, added to as they are */
  constructor(
    private readonly spec: ResolvedSpec,
    private readonly finished: readonly Pick<TrainedRun, 'result'>[],
    private readonly nowMs = (): number => performance.now(),
  ) {
    this.epochs = epochsOf(spec.stages);
    this.startMs = nowMs();
  }

  advance(run: RunPlan, position: { stage: number; epoch: number; step: number }, { examples, seconds: ofRun }: Omit<StepsTaken, 'endsEpoch'>): Progress {
    const { runs, training } = this.spec;
    this.examples += examples;
    this.steps += Math.ceil(examples / training.batch_size);
    const seconds = (this.nowMs() - this.startMs) / 1000;
    const secondsPerStep = seconds / this.steps;

    const finished = this.finished.map(({ result }) => result);
    const done = finished.reduce((sum, { steps }) => sum + steps!, 0);
    // A baseline takes as many steps as the main run of its seed took.
    const plannedOf = (other: RunPlan): number => (other.role === 'baseline' ? partnerOf(other, finished)?.steps : undefined) ?? mostStepsOf(this.spec);
    const planned = plannedOf(run);
    const later = runs.slice(finished.length + 1);
    const secondsLeft = run.role === 'main' ? Math.max(0, (training.budget?.seconds ?? training.budget?.job_seconds ?? Infinity) - ofRun) : Infinity;
    const expected = Math.min(planned, position.step + secondsLeft / secondsPerStep);
    const step = done + position.step;
    const left = expected - position.step + later.length * expected;
    return {
      run: run.run,
      stage: position.stage,
      epoch: position.epoch,
      epochs: this.epochs,
      step,
      steps: later.reduce((sum, other) => sum + plannedOf(other), done + planned),
      percent: Math.round((1000 * step) / (step + left)) / 10,
      examples_per_second: Math.round(this.examples / seconds),
      eta_seconds: Math.round(left * secondsPerStep),
    };
  }
}

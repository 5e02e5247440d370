// How far a job is, over all its runs: counted in steps, with a rate and a guess of what is left.
import { epochsOf, mostStepsOf, partnerOf, type JobSpec, type Progress, type RunPlan } from '#contract/job.js';
import { planAt, planOf } from '#contract/plans.js';
import type { TrainedRun } from '#engine/train-run.js';
import type { StepsTaken } from '#engine/watch-run.js';

export class ProgressMeter {
  private readonly startMs: number;
  private examples = 0;
  /** Taken by this attempt. */
  private steps = 0;

  /** @param finished runs that are done, added to as they are */
  constructor(
    private readonly spec: JobSpec,
    private readonly finished: readonly Pick<TrainedRun, 'result'>[],
    private readonly nowMs = (): number => performance.now(),
  ) {
    this.startMs = nowMs();
  }

  advance(run: RunPlan, position: { stage: number; epoch: number; step: number }, { examples, seconds: ofRun }: Omit<StepsTaken, 'endsEpoch'>): Progress {
    const { runs } = this.spec;
    const { training, stages } = planOf(this.spec, run);
    this.examples += examples;
    this.steps += Math.ceil(examples / training.batch_size);
    const seconds = (this.nowMs() - this.startMs) / 1000;
    const secondsPerStep = seconds / this.steps;

    const finished = this.finished.map(({ result }) => result);
    const done = finished.reduce((sum, { steps }) => sum + steps!, 0);
    // A baseline takes as many steps as the main run of its seed took.
    const plannedOf = (other: RunPlan): number => (other.role === 'baseline' ? partnerOf(other, finished)?.steps : undefined) ?? mostStepsOf(planOf(this.spec, other));
    const planned = plannedOf(run);
    const later = runs.slice(finished.length + 1);
    const secondsLeft = run.role !== 'baseline' ? Math.max(0, (training.budget?.seconds ?? training.budget?.job_seconds ?? Infinity) - ofRun) : Infinity;
    const expected = Math.min(planned, position.step + secondsLeft / secondsPerStep);
    const step = done + position.step;
    // Runs of the same plan will take what this one does, whatever ends it.
    const expectedOf = (other: RunPlan): number => (planAt(this.spec, other) === planAt(this.spec, run) ? expected : plannedOf(other));
    const left = later.reduce((sum, other) => sum + expectedOf(other), expected - position.step);
    return {
      run: run.run,
      stage: position.stage,
      epoch: position.epoch,
      epochs: epochsOf(stages),
      step,
      steps: later.reduce((sum, other) => sum + plannedOf(other), done + planned),
      percent: Math.round((1000 * step) / (step + left)) / 10,
      examples_per_second: Math.round(this.examples / seconds),
      eta_seconds: Math.round(left * secondsPerStep),
    };
  }
}

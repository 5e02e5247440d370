// How far a job is, over all its runs: counted in steps, with a rate and a guess of what is left.
import { epochsOf, stepsOf, type Progress, type ResolvedSpec, type RunPlan } from '#contract/job.js';

export class ProgressMeter {
  private readonly stepsPerRun: number;
  private readonly stepsPerEpoch: number;
  private readonly epochs: number;
  private readonly totalSteps: number;
  private readonly startedMs = performance.now();
  private examplesSeen = 0;

  constructor(private readonly spec: ResolvedSpec) {
    this.stepsPerRun = stepsOf(spec.stages);
    this.epochs = epochsOf(spec.stages);
    this.stepsPerEpoch = this.stepsPerRun / this.epochs;
    this.totalSteps = this.stepsPerRun * spec.runs.length;
  }

  advance(run: RunPlan, position: { stage: number; epoch: number; step: number }, examplesSeen: number): Progress {
    this.examplesSeen += examplesSeen;
    const step = this.spec.runs.findIndex((planned) => planned.run === run.run) * this.stepsPerRun + position.step;
    const seconds = (performance.now() - this.startedMs) / 1000;
    return {
      run: run.run,
      stage: position.stage,
      epoch: position.epoch,
      epochs: this.epochs,
      step,
      steps: this.totalSteps,
      percent: Math.round((1000 * step) / this.totalSteps) / 10,
      examples_per_second: Math.round(this.examplesSeen / seconds),
      eta_seconds: Math.round(((this.totalSteps - step) * seconds) / step),
    };
  }

  /** Whether the step was the last of its epoch, so that no step but a look at other data comes next. */
  endsEpoch({ step }: { step: number }): boolean {
    return step % this.stepsPerEpoch === 0;
  }
}

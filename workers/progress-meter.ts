// How far a job is, over all its runs: counted in steps, with a rate and what is left in time.
import type { Progress } from '#contract/job.js';
import { planAt, planOf } from '#contract/plans.js';
import { partnerOf, type RunPlan } from '#contract/run.js';
import { epochsOf, mostStepsOf, stepsOf, type TrainingSpec } from '#contract/training-specs.js';
import type { TrainedRun } from '#engine/train-run.js';
import type { StepsTaken } from '#engine/watch-run.js';
import { reportWork, workOf, type RunWork } from '#jobs/work.js';
import { etaOf, FILES_SECONDS, sumOf } from './eta.js';
import { Paces, type Seconds } from './paces.js';

/** What the parts of a report take besides passes over data: each makes its network ready. */
const REPORT_SECONDS = 0.5;

export class ProgressMeter {
  private readonly startMs: number;
  private readonly paces: Paces;
  private readonly works = new Map<string, RunWork>();
  private examples = 0;
  /** At work. */
  private stage = '';
  private told: { progress: Progress; left: Seconds; atMs: number } | undefined;

  /**
   * @param finished runs that are done, added to as they are
   * @param testExamples of the data set; 0 where nothing is tested
   */
  constructor(
    private readonly spec: TrainingSpec,
    private readonly finished: readonly Pick<TrainedRun, 'result'>[],
    private readonly testExamples: number,
    private readonly nowMs = (): number => performance.now(),
  ) {
    this.startMs = nowMs();
    this.paces = new Paces(nowMs);
  }

  /** A stage is open: what that took is none of its steps'. */
  opened(): void {
    this.paces.skip();
  }

  /** An epoch was told of, and validated where there is a part for it. */
  epochMeasured(): void {
    this.paces.measuredEpoch(this.stage);
  }

  advance(run: RunPlan, position: { stage: number; epoch: number; step: number }, { examples, seconds: ofRun }: Omit<StepsTaken, 'endsEpoch'>): Progress {
    const { training, stages } = planOf(this.spec, run);
    this.examples += examples;
    const stage = this.stageOf(run, position.stage);
    this.stage = stage;
    const work = this.workOf(run).stages[position.stage]!;
    this.paces.tookSteps(stage, work, work.isSolved ? work.steps : Math.ceil(examples / training.batch_size));
    const seconds = (this.nowMs() - this.startMs) / 1000;

    const finished = this.finished.map(({ result }) => result);
    const done = finished.reduce((sum, { steps }) => sum + steps!, 0);
    const planned = this.plannedOf(run);
    const later = this.spec.runs.slice(finished.length + 1);
    const secondsLeft = run.role !== 'baseline' ? Math.max(0, (training.budget?.seconds ?? training.budget?.job_seconds ?? Infinity) - ofRun) : Infinity;
    const expected = Math.min(planned, position.step + secondsLeft / this.paces.secondsOfStep(stage, work));
    const step = done + position.step;
    // Runs of the same plan will take what this one does, whatever ends it.
    const expectedOf = (other: RunPlan): number => (planAt(this.spec, other) === planAt(this.spec, run) ? expected : this.plannedOf(other));
    const stepsLeft = later.reduce((sum, other) => sum + expectedOf(other), expected - position.step);
    const left = sumOf([
      atMost(secondsLeft, this.trainingLeft(run, position, expected)),
      this.paces.ofTest(this.workOf(run)),
      ...later.flatMap((other) => [this.trainingLeft(other, undefined, expectedOf(other)), this.paces.ofTest(this.workOf(other))]),
      { measured: 0, reckoned: this.reportLeft() + FILES_SECONDS },
    ]);
    const progress = {
      run: run.run,
      stage: position.stage,
      epoch: position.epoch,
      epochs: epochsOf(stages),
      step,
      steps: later.reduce((sum, other) => sum + this.plannedOf(other), done + planned),
      percent: Math.round((1000 * step) / (step + stepsLeft)) / 10,
      examples_per_second: Math.round(this.examples / seconds),
      ...etaOf(left),
    };
    this.told = { progress, left, atMs: this.nowMs() };
    return progress;
  }

  /** Where no step was taken since: the same, with less time left. @returns null where none was taken at all */
  later(): Progress | null {
    if (!this.told) return null;
    const { progress, left, atMs } = this.told;
    const passed = (this.nowMs() - atMs) / 1000;
    const measured = Math.max(0, left.measured - passed);
    return { ...progress, ...etaOf({ measured, reckoned: Math.max(FILES_SECONDS, left.reckoned - Math.max(0, passed - left.measured)) }) };
  }

  private reportLeft(): number {
    const work = reportWork(this.spec, this.testExamples);
    return work > 0 ? REPORT_SECONDS + this.paces.reckon(work) : 0;
  }

  /** Steps of a run at most: a baseline takes as many as the main run of its seed took. */
  private plannedOf(run: RunPlan): number {
    const partner = run.role === 'baseline' ? partnerOf(run, this.finished.map(({ result }) => result)) : undefined;
    return partner?.steps ?? mostStepsOf(planOf(this.spec, run));
  }

  /** Of a run, to its last step but without its test. @param at where it is; undefined before it begins @param most steps it takes */
  private trainingLeft(run: RunPlan, at: { stage: number; epoch: number; step: number } | undefined, most: number): Seconds {
    const { stages } = this.workOf(run);
    return sumOf(stages.map((stage, index) => {
      const before = stepsOf(stages.slice(0, index));
      const begins = at === undefined || index > at.stage;
      const steps = Math.max(0, Math.min(before + stage.steps, most) - Math.max(before, at?.step ?? 0));
      if (steps === 0) return { measured: 0, reckoned: 0 };
      return this.paces.ofStage(this.stageOf(run, index), stage, { steps, epochs: Math.ceil((stage.epochs * steps) / stage.steps), begins });
    }));
  }

  private workOf(run: RunPlan): RunWork {
    const plan = planAt(this.spec, run);
    const name = `${plan}/${run.role}`;
    const work = this.works.get(name) ?? workOf(planOf(this.spec, run), run, this.testExamples);
    this.works.set(name, work);
    return work;
  }

  private stageOf = (run: RunPlan, stage: number): string => `${planAt(this.spec, run)}/${run.role}/${stage}`;
}

/** No more than so many seconds, which are known then. */
const atMost = (seconds: number, left: Seconds): Seconds => (left.measured + left.reckoned <= seconds ? left : { measured: seconds, reckoned: 0 });

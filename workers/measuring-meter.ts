// How far a job is that trains nothing, by the parts of its work: each at its own pace once some of it was seen, until then by its operations.
import { setImmediate } from 'node:timers/promises';
import type { Progress } from '#contract/job.js';
import { Paused } from '#engine/watch-run.js';
import type { StageWork } from '#jobs/work.js';
import type { Worker } from './child.js';
import { etaOf, FILES_SECONDS, sumOf } from './eta.js';
import { verdictOf } from './open-task.js';
import { Paces, type Seconds } from './paces.js';

/** A part of the work. */
export interface MeasuringPart {
  /** Of this part alone. */
  name: string;
  /** How many there are to do of it. */
  count: number;
  /** What one of them costs, in operations of a network. */
  operations: number;
  /** Whether they are examples that go through a network: those are told as steps. */
  isExamples: boolean;
}

export class MeasuringMeter {
  private readonly startMs: number;
  private readonly paces: Paces;
  private readonly done = new Map<string, number>();
  /** Of examples. */
  private seconds = 0;
  private toldMs: number;
  private percent = 0;
  private told: { progress: Progress; left: Seconds } | undefined;

  constructor(private readonly parts: readonly MeasuringPart[], private readonly nowMs = (): number => performance.now()) {
    this.startMs = nowMs();
    this.toldMs = this.startMs;
    this.paces = new Paces(nowMs);
  }

  /** So many more of a part were done, in the time since anything was told. @throws where there is no such part */
  took(name: string, count: number): Progress | null {
    const part = this.parts.find((each) => each.name === name);
    if (!part) throw new Error(`there is no part ${name}`);
    if (count === 0) return this.later();
    this.done.set(name, Math.min(part.count, this.doneOf(part) + count));
    this.paces.tookSteps(name, workOf(part), count);
    const nowMs = this.nowMs();
    if (part.isExamples) this.seconds += (nowMs - this.toldMs) / 1_000;
    this.toldMs = nowMs;
    const left = sumOf(this.parts.map((each) => this.leftOf(each)));
    const examples = this.parts.filter(({ isExamples }) => isExamples);
    const step = examples.reduce((sum, each) => sum + this.doneOf(each), 0);
    const passed = (nowMs - this.startMs) / 1_000;
    // A part that proves slower than it was thought takes nothing back.
    this.percent = Math.max(this.percent, Math.round((1_000 * passed) / (passed + left.measured + left.reckoned)) / 10);
    return this.tell({
      run: null, stage: null, epoch: null, epochs: null,
      step,
      steps: examples.reduce((sum, each) => sum + each.count, 0),
      percent: this.percent,
      examples_per_second: this.seconds > 0 ? Math.round(step / this.seconds) : null,
    }, left);
  }

  /** Where nothing was done that is a part: the same, with less time left. @returns null where nothing was done at all */
  later(): Progress | null {
    this.paces.skip();
    const nowMs = this.nowMs();
    const passed = (nowMs - this.toldMs) / 1_000;
    this.toldMs = nowMs;
    if (!this.told) return null;
    const { progress, left } = this.told;
    return this.tell(progress, { measured: Math.max(0, left.measured - passed), reckoned: Math.max(0, left.reckoned - Math.max(0, passed - left.measured)) });
  }

  private tell(place: Omit<Progress, 'eta_seconds' | 'eta_p90_seconds'>, left: Seconds): Progress {
    const progress = { ...place, ...etaOf(sumOf([left, { measured: 0, reckoned: FILES_SECONDS }])) };
    this.told = { progress, left };
    return progress;
  }

  private leftOf(part: MeasuringPart): Seconds {
    const steps = part.count - this.doneOf(part);
    return steps === 0 ? { measured: 0, reckoned: 0 } : this.paces.ofStage(part.name, workOf(part), { steps, epochs: 0, begins: part.isExamples && !this.done.has(part.name) });
  }

  private doneOf = ({ name }: MeasuringPart): number => this.done.get(name) ?? 0;
}

/** As a stage whose steps cost the same each. */
const workOf = ({ count, operations }: MeasuringPart): StageWork => ({ epochs: 0, steps: count, perStep: operations, perEpoch: 0, isSolved: false });

/** Tells what was done since it was last called, lets messages out and in, and has the work leave off where that was asked for. @throws Paused */
export type OnDone = (part: string | null, count?: number) => Promise<void>;

export const onDone = (meter: MeasuringMeter, { tell, asked }: Worker, during: string): OnDone => async (part, count = 0) => {
  tell({ kind: 'measured', progress: part === null ? meter.later() : meter.took(part, count) });
  await setImmediate();
  if (verdictOf(asked()) === 'pause') throw new Paused(during);
};

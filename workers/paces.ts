// How long the parts of a job take: by what like parts took in this attempt, else by their operations, which says less.
import type { RunWork, StageWork } from '#jobs/work.js';

/** Seconds, by how well they are known. */
export interface Seconds {
  /** Of parts like which some were seen. */
  measured: number;
  /** Of all others. */
  reckoned: number;
}

/** What opening a stage takes, at a usual pace: recording a step of a small network, and what TensorFlow prepares in the first call. */
const OPENING_SECONDS = 0.4;

/** Operations a second where no pace was seen: between a MobileNetV2 and a small perceptron on two cores. */
const USUAL_FLOPS = 5e10;
/** A pace of now is told by the last third of what was seen, and so much besides: the first calls are slower, and a machine has more than one thing to do. */
const LEAST_MEMORY_SECONDS = 0.5;

/** Time that was seen, and how often; what is longer ago counts less. */
interface Seen {
  seconds: number;
  count: number;
  /** All of it. */
  total: number;
}

/** Of one attempt. A stage is named alike in all runs of one plan and role: they take the same steps. */
export class Paces {
  private readonly steps = new Map<string, Seen>();
  private readonly epochs = new Map<string, Seen>();
  /** Seconds of a step by the first call of a stage alone, which is longer than all others. */
  private readonly opened = new Map<string, number>();
  private secondsPerOperation = 1 / USUAL_FLOPS;
  private lastMs: number;

  constructor(private readonly nowMs: () => number) {
    this.lastMs = nowMs();
  }

  /** What was done since anything was last told of is none of these parts. */
  skip(): void {
    this.lastMs = this.nowMs();
  }

  tookSteps(stage: string, work: StageWork, count: number): void {
    const seconds = this.secondsSinceLast();
    if (work.isSolved) return;
    if (!this.opened.has(stage)) {
      // It says too much, and operations little: the truth lies between.
      this.opened.set(stage, Math.sqrt((seconds / count) * this.reckon(work.perStep)));
      return;
    }
    add(this.steps, stage, seconds, count);
    this.secondsPerOperation = this.secondsOfStep(stage, work) / work.perStep;
  }

  measuredEpoch(stage: string): void {
    add(this.epochs, stage, this.secondsSinceLast(), 1);
  }

  /** Of a step. */
  secondsOfStep(stage: string, { perStep }: StageWork): number {
    return meanOf(this.steps.get(stage)) ?? this.opened.get(stage) ?? this.reckon(perStep);
  }

  /** Of so many steps and epochs of a stage. @param begins whether it is still to be opened */
  ofStage(stage: string, work: StageWork, { steps, epochs, begins }: { steps: number; epochs: number; begins: boolean }): Seconds {
    const ofStep = meanOf(this.steps.get(stage));
    const ofEpoch = meanOf(this.epochs.get(stage));
    const opening = begins && !work.isSolved ? OPENING_SECONDS : 0;
    const measured = (ofStep ?? 0) * steps + (ofEpoch ?? 0) * epochs;
    return {
      measured,
      reckoned: opening + (ofStep === undefined ? this.secondsOfStep(stage, work) * steps : 0) + (ofEpoch === undefined ? this.reckon(work.perEpoch) * epochs : 0),
    };
  }

  ofTest = ({ test }: RunWork): Seconds => ({ measured: 0, reckoned: this.reckon(test) });

  reckon(operations: number): number {
    return operations * this.secondsPerOperation;
  }

  private secondsSinceLast(): number {
    const nowMs = this.nowMs();
    const seconds = (nowMs - this.lastMs) / 1_000;
    this.lastMs = nowMs;
    return seconds;
  }
}

function add(seen: Map<string, Seen>, part: string, seconds: number, count: number): void {
  const before = seen.get(part) ?? { seconds: 0, count: 0, total: 0 };
  const total = before.total + seconds;
  const kept = Math.exp(-seconds / (LEAST_MEMORY_SECONDS + total / 3));
  seen.set(part, { seconds: kept * before.seconds + seconds, count: kept * before.count + count, total });
}

const meanOf = (seen: Seen | undefined): number | undefined => seen && seen.seconds / seen.count;

// Tells a child that hangs from one that is busy: its heartbeat is the step it reports. What reports no steps has bounds of its own.
import type { Phase, Report } from './protocol.js';

/**
 * Longest silence, as a multiple of HANG_SECONDS. Only training reports on the way; reading data, computing features, recording the
 * first step, a pass over all test data and writing the bundle are silent work, however large the job.
 */
const PATIENCE: Readonly<Record<Phase, number>> = { preparing: 10, training: 1, evaluating: 10, finalizing: 5 };
/** A training child may be silent for so many of its usual intervals, where that is longer. */
const INTERVALS = 3;
const INTERVALS_KEPT = 31;
/** More time than this between two looks was not the child's silence but this process's own: it stood still, or had no core. */
const LONGEST_LOOK_MS = 2_000;

/** A silence that has lasted too long. */
export interface Hang {
  phase: Phase;
  seconds: number;
}

export class Heartbeat {
  private phase: Phase = 'preparing';
  /** The run at work takes no further step. */
  private stopped = false;
  private silentMs = 0;
  private lookedMs: number;
  private progressMs: number | undefined;
  private readonly intervals: number[] = [];

  constructor(private readonly hangSeconds: number, nowMs: number) {
    this.lookedMs = nowMs;
  }

  heard(report: Report, nowMs: number): void {
    this.silentMs = 0;
    if (report.kind === 'progress') {
      if (this.phase === 'training' && this.progressMs !== undefined) this.intervals.push(nowMs - this.progressMs);
      if (this.intervals.length > INTERVALS_KEPT) this.intervals.shift();
      this.progressMs = nowMs;
      this.phase = report.next;
    } else if (report.kind === 'finalizing') {
      this.phase = 'finalizing';
    } else if (report.kind === 'event' && report.type === 'epoch.finished') {
      this.phase = report.data.epoch < report.data.epochs && !this.stopped ? 'training' : 'evaluating';
    } else if (report.kind === 'event') {
      this.stopped = report.type === 'run.stopped';
      // A stage or a run begins: it has a pace of its own, and its first call is longer than the others.
      this.phase = 'preparing';
      this.intervals.length = 0;
      this.progressMs = undefined;
    }
  }

  /** To be called every second or more often. */
  look(nowMs: number): Hang | undefined {
    this.silentMs += Math.min(nowMs - this.lookedMs, LONGEST_LOOK_MS);
    this.lookedMs = nowMs;
    const patienceMs = Math.max(PATIENCE[this.phase] * this.hangSeconds * 1_000, INTERVALS * median(this.intervals));
    return this.silentMs < patienceMs ? undefined : { phase: this.phase, seconds: Math.round(this.silentMs / 1_000) };
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

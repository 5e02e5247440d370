// One task in one child process: handed over, listened to, watched, ended when told to. The same for training and reading.
import { KILL_AFTER_MS, type ProcessEnd } from '#children/subprocess.js';
import { ServiceError, type ErrorRecord } from '#contract/errors.js';
import { sizeText } from '#datasets/size-text.js';
import type { InterruptReason } from '#queue/queue.js';
import type { Child } from './child-process.js';
import { classOfEnd, classOfFailure } from './exit-class.js';
import { Heartbeat } from './heartbeat.js';
import type { Answer, ChildTask, Control, Report, Results, TaskKind } from './protocol.js';
import type { WatchedChild } from './child-watch.js';
import { residentBytes } from './resident-size.js';

export type ChildEnd<T extends TaskKind> =
  | { class: 'done'; result: Results[T] }
  /** By a fault that another attempt would meet again. */
  | { class: 'user_error' | 'data_error' | 'service_error'; error: ErrorRecord }
  /** Left off, or ended, since it was told to. */
  | { class: 'drained' }
  /** Left a checkpoint and left off as it had grown near its limit. `error` is what there is to say if that helps nothing. */
  | { class: 'recycled'; heldBytes: number; error: ErrorRecord }
  /** Died, or was ended since it hung or grew too large. `begun` is false where the child never said a word about its task. */
  | { class: 'infrastructure'; error: ErrorRecord; stderr: string; begun: boolean };

/** What a child may do before it is ended. */
export interface Limits {
  /** Longest silence of a child that trains; heartbeat.ts has the rest. In seconds. */
  hangSeconds: number;
  /** Most memory it may hold, in bytes. */
  memoryBytes: number;
}

/** What supervising asks of a child. */
export type SupervisedChild = Pick<Child, 'pid' | 'ended' | 'onMessage' | 'give' | 'makeRoom' | 'tell' | 'ask' | 'end' | 'kill'> & Partial<Pick<Child, 'onLine'>>;

export interface Supervision {
  signal: AbortSignal;
  limits: Limits;
  /** @param makeRoom tells the child where its next checkpoint may be written, and whether this one is kept */
  onReport: (report: Report, makeRoom: (folder: string, kept: boolean) => void) => void;
  /** Called once the child has its task. @param tell asks the child for something it comes to in its own time */
  onStart?: (tell: (control: Control) => void) => void;
  /** Each line that the child writes to stderr. */
  onLine?: (line: string) => void;
  /** Told what the child holds and says, for those who look at this worker. */
  watched?: WatchedChild;
}

/** How a child is told to end, by why it must: what it is asked, and how long it may take before it is killed. */
const ENDINGS: Readonly<Record<InterruptReason, { control?: Control; withinMs: number }>> = {
  interrupted: { control: 'cancel', withinMs: KILL_AFTER_MS },
  expired: { control: 'cancel', withinMs: KILL_AFTER_MS },
  // What is being finished may be finished: it need not be done again.
  closing: { control: 'drain', withinMs: 6_000 },
  // No word, but a signal: another may have the task already.
  lock_lost: { withinMs: KILL_AFTER_MS },
};

/** Part of its memory at which a child that has grown to it is asked to leave off, so that a fresh one goes on from a checkpoint. */
const RECYCLE_AT = 0.9;
/** It must have trained for so many times what it took to get ready: else that is what most of the time would go into. */
const WORK_PER_START = 4;
/** Between two looks at a child. */
const LOOK_EVERY_MS = 250;

/** Has a child of the task's program make it. Never throws for what the child does; resolves once the process is gone. */
export async function supervise<T extends TaskKind>(
  child: SupervisedChild,
  task: Extract<ChildTask, { task: T }>,
  { signal, limits, onReport, onStart, onLine, watched }: Supervision,
): Promise<ChildEnd<T>> {
  let answer: Answer<T> | undefined;
  let begun = false;
  const watch = new Watch(child, limits, watched);
  child.onMessage((said) => {
    if (said.kind === 'warm') return;
    begun = true;
    if (said.kind === 'done' || said.kind === 'failed' || said.kind === 'left_off' || said.kind === 'recycled') {
      answer ??= said as Answer<T>;
      return;
    }
    watch.heard(said);
    // What a draining child still tells belongs to a task that may be finished yet.
    if (!signal.aborted || signal.reason === 'closing') onReport(said, (folder, kept) => child.makeRoom(folder, kept));
  });

  const end = (): void => {
    const { control, withinMs } = ENDINGS[signal.reason as InterruptReason];
    if (control) child.ask(control, withinMs);
    else child.end(withinMs);
  };
  if (onLine) child.onLine?.(onLine);
  child.give(task);
  onStart?.((control) => child.tell(control));
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  const ended = await child.ended;
  watch.stop();
  signal.removeEventListener('abort', end);

  if (answer?.kind === 'recycled') return watch.recycled();
  if (answer && !ranOut(answer, ended)) return endOf(task.task, answer);
  if (signal.aborted || classOfEnd(ended) === 'drained') return { class: 'drained' };
  return { class: 'infrastructure', error: watch.errorOf(ended).toRecord(), stderr: ended.stderr, begun };
}

function endOf<T extends TaskKind>(kind: T, answer: Exclude<Answer<T>, { kind: 'recycled' }>): ChildEnd<T> {
  if (answer.kind === 'done') return { class: 'done', result: answer.result };
  if (answer.kind === 'left_off') return { class: 'drained' };
  return { class: classOfFailure(kind, answer.error), error: answer.error };
}

/** What those say that could not have a piece of memory: C++, V8, JavaScript, TensorFlow, the system. */
const ALLOCATION_FAILURE =
  /std::bad_alloc|out of memory|Array buffer allocation failed|OOM when allocating|Cannot allocate memory/i;

/** An error that names no other cause than memory that was not to be had: the same task may well do with more of it. */
const ranOut = (answer: Answer<TaskKind>, { stderr }: ProcessEnd): boolean =>
  answer.kind === 'failed' && answer.error.code === 'CHILD_FAILED' && ALLOCATION_FAILURE.test(stderr);

/** Looks after a child all the time: that it goes on, and that it stays within its memory. */
class Watch {
  private readonly heartbeat: Heartbeat;
  private readonly timer: NodeJS.Timeout;
  private residentBytes = 0;
  private readonly startedMs = performance.now();
  private firstProgressMs: number | undefined;
  /** Whether it held less than the mark once it had begun to train: what needs as much from the start, a fresh child would need too. */
  private grows: boolean | undefined;
  /** What it held when it was asked to leave off. */
  private recycledAtBytes: number | undefined;
  /** Why the child was ended by this watch. */
  private ended: ServiceError | undefined;

  constructor(
    private readonly child: SupervisedChild,
    private readonly limits: Limits,
    private readonly watched: WatchedChild | undefined,
  ) {
    this.heartbeat = new Heartbeat(limits.hangSeconds, performance.now());
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  heard(report: Report): void {
    this.heartbeat.heard(report, performance.now());
    this.watched?.heard(report);
    if (report.kind === 'progress') this.firstProgressMs ??= performance.now();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const hang = this.heartbeat.look(performance.now());
    if (hang) this.end(ServiceError.of('CHILD_HUNG', hang.phase, hang.seconds));
    if (this.child.pid !== undefined) this.residentBytes = (await residentBytes(this.child.pid)) ?? this.residentBytes;
    this.watched?.holds(this.residentBytes);
    if (this.residentBytes > this.limits.memoryBytes) this.end(this.outOfMemory('it was ended'));
    else if (this.firstProgressMs !== undefined) this.recycleIfGrown(this.firstProgressMs);
  }

  /** Asked once: a child that cannot leave a checkpoint goes on, up to its limit if it must. */
  private recycleIfGrown(firstProgressMs: number): void {
    const marked = this.residentBytes >= RECYCLE_AT * this.limits.memoryBytes;
    this.grows ??= !marked;
    const workedMs = performance.now() - firstProgressMs;
    if (!marked || !this.grows || this.recycledAtBytes !== undefined || workedMs < WORK_PER_START * (firstProgressMs - this.startedMs)) return;
    this.recycledAtBytes = this.residentBytes;
    this.child.tell('recycle');
  }

  recycled(): Extract<ChildEnd<TaskKind>, { class: 'recycled' }> {
    const heldBytes = this.recycledAtBytes ?? this.residentBytes;
    return { class: 'recycled', heldBytes, error: this.outOfMemory('fresh processes came no further', heldBytes).toRecord() };
  }

  private end(error: ServiceError): void {
    this.ended ??= error;
    this.child.kill();
  }

  errorOf({ how, stderr }: ProcessEnd): ServiceError {
    if (this.ended) return this.ended;
    const [failure] = ALLOCATION_FAILURE.exec(stderr) ?? [];
    return failure === undefined ? ServiceError.of('CHILD_CRASHED', how) : this.outOfMemory(`an allocation failed (${failure})`);
  }

  private outOfMemory(what: string, heldBytes = this.residentBytes): ServiceError {
    return ServiceError.of('OUT_OF_MEMORY', what, sizeText(heldBytes), sizeText(this.limits.memoryBytes));
  }
}

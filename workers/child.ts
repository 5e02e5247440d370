// The frame of every child process: take one task, do it, say how it went, exit. It ends when it is told to and when its parent
// is gone.
import { endWithParent, tellParent } from '#children/parent.js';
import { ServiceError } from '#contract/errors.js';
import { say } from '#logs/child-line.js';
import { orDiskFull } from '#store/disk-full.js';
import { classOfAnswer, EXIT_CLASSES } from './exit-class.js';
import {
  TASK_KINDS, WARM_ARGUMENT,
  type Answer, type ChildTask, type Control, type Report, type Results, type TaskKind, type ToChild, type ToWorker,
} from './protocol.js';

/** The worker as the work sees it. */
export interface Worker {
  tell: (report: Report) => void;
  /** What the worker asked for last; undefined while it only wants the task done. */
  asked: () => Control | undefined;
  /** Set by work that writes checkpoints: told of each folder in which the next may be written, and whether the one before is kept. */
  onRoom?: (folder: string, kept: boolean) => void;
}

/** Given back by work that left off as it was asked to. */
export const LEFT_OFF = 'left_off';
/** The same, where a fresh process shall go on. */
export const RECYCLED = 'recycled';

type Task<T extends TaskKind> = Extract<ChildTask, { task: T }>;
type Work<T extends TaskKind> = (task: Task<T>, worker: Worker) => Promise<Results[T] | typeof LEFT_OFF | typeof RECYCLED>;
/** What can be done before the task is known; it is asked to stop early once the task has come. */
type WarmUp = (taskHasCome: () => boolean) => Promise<void>;

/** Runs the one task this process was started for, after a warm-up where the worker asked for one. */
export function runChild<T extends TaskKind>(kind: T, work: Work<T>, warmUp?: WarmUp): void {
  endWithParent(EXIT_CLASSES.drained.code);
  let come = false;
  let asked: Control | undefined;
  const worker: Worker = { tell: (report) => void send(report), asked: () => asked };
  const ask = (control: Control): void => {
    // Whatever was asked before matters more, and has it end or leave off too.
    if (control === 'recycle' && asked !== undefined) return;
    asked = control;
    // Nothing is lost of work that has not begun, or that keeps nothing of what it does halfway.
    if (!come || (!TASK_KINDS[kind].heeds && leavesOff(control))) void endWith(kind, { kind: 'left_off' });
  };
  const coming = new Promise<Task<T>>((resolve) => {
    process.on('message', (message: ToChild) => {
      if ('control' in message) return ask(message.control);
      if ('checkpointFolder' in message && !('task' in message)) return worker.onRoom?.(message.checkpointFolder, message.kept);
      come = true;
      resolve(message as Task<T>);
    });
  });

  void (async () => {
    // A warm-up that fails ends the process: it is not known what it would do to a job.
    if (warmUp && process.argv.includes(WARM_ARGUMENT)) {
      await warmUp(() => come);
      await send({ kind: 'warm' });
    }
    await endWith(kind, await attempt(work, await coming, worker));
  })();
}

const leavesOff = (control: Control): boolean => control === 'drain' || control === 'cancel';

async function attempt<T extends TaskKind>(work: Work<T>, task: Task<T>, worker: Worker): Promise<Answer<T>> {
  try {
    const result = await orDiskFull(work(task, worker));
    return result === LEFT_OFF || result === RECYCLED ? { kind: result } : { kind: 'done', result };
  } catch (problem) {
    if (problem instanceof ServiceError) return { kind: 'failed', error: problem.toRecord() };
    // The trace goes to the logs; the caller is told the sentence alone.
    say('error', reasonOf(problem), { stack: problem instanceof Error ? problem.stack : String(problem) });
    return { kind: 'failed', error: ServiceError.of('CHILD_FAILED', reasonOf(problem)).toRecord() };
  }
}

const reasonOf = (problem: unknown): string => (problem instanceof Error ? problem.message.split('\n')[0]! : String(problem));

async function endWith(kind: TaskKind, answer: Answer<TaskKind>): Promise<never> {
  await send(answer);
  process.exit(EXIT_CLASSES[classOfAnswer(kind, answer)].code);
}

const send = (message: ToWorker): Promise<void> => tellParent(message);

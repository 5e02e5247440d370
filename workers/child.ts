// The frame of every child process: take one task, do it, say how it went, exit. It ends at once when its parent is gone.
import { ServiceError } from '#contract/errors.js';
import { orDiskFull } from '#store/disk-full.js';
import { WARM_ARGUMENT, type Answer, type ChildTask, type Report, type Results, type ToWorker } from './protocol.js';

/** Exit codes a supervisor tells apart; any other end is a crash. */
export const EXIT = { done: 0, failed: 10 } as const;

type Kind = ChildTask['task'];
type Task<T extends Kind> = Extract<ChildTask, { task: T }>;
type Work<T extends Kind> = (task: Task<T>, tell: (report: Report) => void) => Promise<Results[T]>;
/** What can be done before the task is known; it is asked to stop early once the task has come. */
type WarmUp = (taskHasCome: () => boolean) => Promise<void>;

/** Runs the one task this process was started for, after a warm-up where the worker asked for one. */
export function runChild<T extends Kind>(work: Work<T>, warmUp?: WarmUp): void {
  // An orphan must not go on: nobody would see its work, and another attempt may be running.
  process.once('disconnect', () => process.exit(1));
  let come = false;
  const coming = new Promise<Task<T>>((resolve) => {
    process.once('message', (task) => {
      come = true;
      resolve(task as Task<T>);
    });
  });
  void (async () => {
    // A warm-up that fails ends the process: it is not known what it would do to a job.
    if (warmUp && process.argv.includes(WARM_ARGUMENT)) {
      await warmUp(() => come);
      await send({ kind: 'warm' });
    }
    const answer = await attempt(work, await coming);
    await send(answer);
    process.exit(answer.kind === 'done' ? EXIT.done : EXIT.failed);
  })();
}

async function attempt<T extends Kind>(work: Work<T>, task: Task<T>): Promise<Answer<T>> {
  try {
    const result = await orDiskFull(work(task, (report) => void send(report)));
    return { kind: 'done', result };
  } catch (problem) {
    if (problem instanceof ServiceError) return { kind: 'failed', error: problem.toRecord() };
    // The trace goes to the worker's log by stderr; the caller is told the sentence alone.
    process.stderr.write(`${problem instanceof Error ? problem.stack : String(problem)}\n`);
    return { kind: 'failed', error: ServiceError.of('CHILD_FAILED', reasonOf(problem)).toRecord() };
  }
}

const reasonOf = (problem: unknown): string => (problem instanceof Error ? problem.message.split('\n')[0]! : String(problem));

const send = (message: ToWorker): Promise<void> =>
  new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });

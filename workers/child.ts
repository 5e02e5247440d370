// The frame of every child process: take one task, do it, say how it went, exit. It ends at once when its parent is gone.
import { ServiceError } from '#contract/errors.js';
import { orDiskFull } from '#store/disk-full.js';
import type { ChildTask, FromChild, Report, Results } from './protocol.js';

/** Exit codes a supervisor tells apart; any other end is a crash. */
export const EXIT = { done: 0, failed: 10 } as const;

type Kind = ChildTask['task'];
type Work<T extends Kind> = (task: Extract<ChildTask, { task: T }>, tell: (report: Report) => void) => Promise<Results[T]>;

/** Runs the one task this process was started for. */
export function runChild<T extends Kind>(work: Work<T>): void {
  // An orphan must not go on: nobody would see its work, and another attempt may be running.
  process.once('disconnect', () => process.exit(1));
  process.once('message', (task) => {
    void (async () => {
      const answer = await attempt(work, task as Extract<ChildTask, { task: T }>);
      await send(answer);
      process.exit(answer.kind === 'done' ? EXIT.done : EXIT.failed);
    })();
  });
}

async function attempt<T extends Kind>(work: Work<T>, task: Extract<ChildTask, { task: T }>): Promise<FromChild<T>> {
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

const send = (message: object): Promise<void> =>
  new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });

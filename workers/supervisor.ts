// One task in one child process: handed over, listened to, ended when told to. The same for training and reading.
import type { ErrorRecord } from '#contract/errors.js';
import type { Child } from './child-process.js';
import type { Answer, ChildTask, Report, Results } from './protocol.js';

export type ChildEnd<T extends ChildTask['task']> =
  | { kind: 'done'; result: Results[T] }
  | { kind: 'failed'; error: ErrorRecord }
  /** `how` is "exit code 1" or "signal SIGKILL"; `begun` is false where the child never said a word about its task. */
  | { kind: 'crashed'; how: string; stderr: string; begun: boolean }
  | { kind: 'aborted' };

export interface Supervision {
  signal: AbortSignal;
  onReport: (report: Report) => void;
}

/** Has a child of the task's program make it. Never throws for what the child does; resolves once the process is gone. */
export async function supervise<T extends ChildTask['task']>(
  child: Child,
  task: Extract<ChildTask, { task: T }>,
  { signal, onReport }: Supervision,
): Promise<ChildEnd<T>> {
  let answer: Answer<T> | undefined;
  let begun = false;
  child.onMessage((said) => {
    if (said.kind === 'warm') return;
    begun = true;
    if (said.kind === 'done' || said.kind === 'failed') answer = said as Answer<T>;
    else if (!signal.aborted) onReport(said);
  });

  const end = (): void => child.end();
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  child.give(task);
  const { how, stderr } = await child.ended;
  signal.removeEventListener('abort', end);

  if (signal.aborted) return { kind: 'aborted' };
  return answer ?? { kind: 'crashed', how, stderr, begun };
}

// How the process of an attempt can end, and what follows from it. The exit code says the same to whoever reads a log.
import type { ProcessEnd } from '#children/subprocess.js';
import type { ErrorRecord } from '#contract/errors.js';
import { TASK_KINDS, type Answer, type TaskKind } from './protocol.js';

/** `again`: another attempt follows. `counted`: towards the attempts after which the task is given up. */
export const EXIT_CLASSES = {
  done: { code: 0, again: false, counted: false },
  /** The request asks for what cannot be. */
  user_error: { code: 10, again: false, counted: false },
  /** The data cannot be used. */
  data_error: { code: 11, again: false, counted: false },
  /** It was asked to leave off, or ended by a signal that says no more than that: the task waits for another worker. */
  drained: { code: 12, again: true, counted: false },
  /** It left a checkpoint and left off, since it had grown: a fresh process goes on. */
  recycled: { code: 14, again: true, counted: false },
  /** A fault of the service, which the same task would meet again. */
  service_error: { code: 13, again: false, counted: false },
  /** Everything else: another signal, 137, 139, an abort, a process that was ended because it hung or grew too large. */
  infrastructure: { code: null, again: true, counted: true },
} as const satisfies Record<string, { code: number | null; again: boolean; counted: boolean }>;

export type ExitClass = keyof typeof EXIT_CLASSES;

/** The class of an end with an answer. */
export function classOfAnswer(kind: TaskKind, answer: Answer<TaskKind>): Exclude<ExitClass, 'infrastructure'> {
  if (answer.kind === 'done') return 'done';
  if (answer.kind === 'left_off') return 'drained';
  if (answer.kind === 'recycled') return 'recycled';
  return classOfFailure(kind, answer.error);
}

/** By the error's own class: the caller is at fault, or the service; or what is stored. */
export function classOfFailure(kind: TaskKind, { class: errorClass, code }: ErrorRecord): 'user_error' | 'data_error' | 'service_error' {
  if (errorClass === 'user') return TASK_KINDS[kind].refused;
  return code === 'STORE_CORRUPT' ? 'data_error' : 'service_error';
}

/** What supervisors of services and people send to have a process end: none is a crash. */
const TOLD_TO_END: readonly (NodeJS.Signals | null)[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** The class of an end without one. A child that is told to end before it can answer has drained all the same. */
export const classOfEnd = ({ code, signal }: Pick<ProcessEnd, 'code' | 'signal'>): 'drained' | 'infrastructure' =>
  code === EXIT_CLASSES.drained.code || TOLD_TO_END.includes(signal) ? 'drained' : 'infrastructure';

// One child process for one attempt: started with a bare environment, listened to, ended. The same for training and reading.
import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ErrorRecord } from '#contract/errors.js';
import type { ChildTask, FromChild, Report, Results } from './protocol.js';

/** Each kind of task has its program. */
const PROGRAMS: Record<ChildTask['task'], string> = { train: 'train-job.js', ingest: 'ingest.js', probe: 'probe-engine.js' };

/** Lower priority than the API and the queue, so that answers stay prompt while all cores train. */
const NICENESS = 5;
/** A child busy in a native call cannot end politely; this long it may try. */
const KILL_AFTER_MS = 2_000;
const STDERR_KEPT_CHARACTERS = 4_000;

export type ChildEnd<T extends ChildTask['task']> =
  | { kind: 'done'; result: Results[T] }
  | { kind: 'failed'; error: ErrorRecord }
  /** `how` is "exit code 1" or "signal SIGKILL". */
  | { kind: 'crashed'; how: string; stderr: string }
  | { kind: 'aborted' };

export interface Supervision {
  /** Threads TensorFlow may use inside one operation and between operations. */
  threads: number;
  signal: AbortSignal;
  onReport: (report: Report) => void;
  onStart?: (pid: number) => void;
}

/** Runs the task in a child of its own. Never throws for what the child does; resolves once the process is gone. */
export function supervise<T extends ChildTask['task']>(
  task: Extract<ChildTask, { task: T }>,
  { threads, signal, onReport, onStart }: Supervision,
): Promise<ChildEnd<T>> {
  const program = fileURLToPath(new URL(PROGRAMS[task.task], programFolder()));
  const child = fork(program, [], {
    env: childEnvironment(threads),
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) {
    setPriority(child.pid, NICENESS);
    onStart?.(child.pid);
  }

  let answer: FromChild<T> | undefined;
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT_CHARACTERS);
  });
  child.on('message', (message) => {
    const said = message as FromChild<T>;
    if (said.kind === 'done' || said.kind === 'failed') answer = said;
    else if (!signal.aborted) onReport(said);
  });

  let killTimer: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    killTimer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });

  return new Promise((resolve) => {
    const finish = (ended: ChildEnd<T>): void => {
      clearTimeout(killTimer);
      signal.removeEventListener('abort', end);
      resolve(ended);
    };
    child.once('error', (problem) => finish({ kind: 'crashed', how: problem.message, stderr }));
    // "close" comes after the last message was read; "exit" may come before.
    child.once('close', (code, killedBy) => {
      if (signal.aborted) finish({ kind: 'aborted' });
      else if (answer?.kind === 'done' || answer?.kind === 'failed') finish(answer);
      else finish({ kind: 'crashed', how: killedBy ? `signal ${killedBy}` : `exit code ${code}`, stderr });
    });
    child.send(task, () => undefined);
  });
}

/** Compiled programs lie beside this file; under a test runner this file is the source and they are in dist/. */
const programFolder = (): URL =>
  import.meta.url.endsWith('.ts') ? new URL('../dist/workers/', import.meta.url) : new URL('./', import.meta.url);

/** What a child may see: no keys, no addresses; how many threads, and silence from TensorFlow. */
const childEnvironment = (threads: number): Record<string, string> => ({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_NUM_INTRAOP_THREADS: String(threads),
  TF_NUM_INTEROP_THREADS: String(threads),
  OMP_NUM_THREADS: String(threads),
  // Kept on and written down: it decides the bytes of the result as much as the threads do.
  TF_ENABLE_ONEDNN_OPTS: '1',
});

// One child process, seen from its parent: started with a bare environment and in a session of its own, spoken to over Node's own IPC channel, ended.
import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';

/** A child busy in a native call cannot end politely; this long it may try. */
export const KILL_AFTER_MS = 2_000;
const STDERR_KEPT_CHARACTERS = 4_000;
/** A line without an end is taken as one after so many. */
const LONGEST_LINE_CHARACTERS = 16_384;

export interface SubprocessOptions {
  /** Threads TensorFlow may use inside one operation and between operations. */
  threads: number;
  /** Given to the program. @default none */
  programArguments?: readonly string[];
  /** The larger, the more others come first; as of nice(1). @default 0 */
  niceness?: number;
  /** For Node.js itself; none but in tests. */
  nodeArguments?: readonly string[];
}

/** How a process ended: "exit code 1" or "signal SIGKILL", with the code or the signal, and the last it wrote to stderr. */
export interface ProcessEnd {
  how: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/** @template Told what the process is told @template Said what it says */
export class Subprocess<Told, Said> {
  /** Resolves once the process is gone and all it said has been heard. */
  readonly ended: Promise<ProcessEnd>;
  private readonly process: ChildProcess;
  private killTimer: NodeJS.Timeout | undefined;
  private lineListener: ((line: string) => void) | undefined;
  /** The last line it wrote to stderr, until its end comes. */
  private begunLine = '';

  constructor(program: string, { threads, programArguments = [], niceness = 0, nodeArguments = [] }: SubprocessOptions) {
    const child = fork(program, programArguments, {
      env: childEnvironment(threads),
      // What a terminal signals is then left to the parent, which asks its children: none may have a signal come to it while it
      // computes and go on (docs/decisions/jobs.md, "Children go on after no signal").
      detached: true,
      execArgv: [...nodeArguments],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.process = child;
    if (child.pid !== undefined && niceness !== 0) setPriority(child.pid, niceness);
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT_CHARACTERS);
      this.hearLines(text);
    });
    this.ended = new Promise<ProcessEnd>((resolve) => {
      child.on('error', (problem) => resolve({ how: problem.message, code: null, signal: null, stderr }));
      // "close" comes after the last message was read; "exit" may come before.
      child.once('close', (code, signal) => {
        if (this.begunLine !== '') this.hearLines('\n');
        resolve({ how: signal ? `signal ${signal}` : `exit code ${code}`, code, signal, stderr });
      });
    });
    void this.ended.then(() => clearTimeout(this.killTimer));
  }

  /** Undefined where the process could not be started; `ended` says why. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  onMessage(listener: (message: Said) => void): void {
    this.process.on('message', (message) => listener(message as Said));
  }

  /** Calls back with each line it writes to stderr from now on; the last before `ended` resolves. */
  onLine(listener: (line: string) => void): void {
    this.lineListener = listener;
  }

  private hearLines(text: string): void {
    const lines = (this.begunLine + text).split('\n');
    this.begunLine = lines.pop()!;
    if (this.begunLine.length > LONGEST_LINE_CHARACTERS) {
      lines.push(this.begunLine);
      this.begunLine = '';
    }
    for (const line of lines) if (line !== '') this.lineListener?.(line);
  }

  /** To a process that is gone already nothing is said; `ended` has told, or will. */
  say(message: Told): void {
    this.process.send(message as object, () => undefined);
  }

  /** Ends the process at once, by force where that takes longer, as of one that is stopped. */
  end(withinMs = KILL_AFTER_MS): void {
    if (this.process.kill('SIGTERM')) this.killAfter(withinMs);
  }

  /** Ends the process now, also one that is stopped or busy in native code. */
  kill(): void {
    this.process.kill('SIGKILL');
  }

  protected killAfter(withinMs: number): void {
    this.killTimer ??= setTimeout(() => this.kill(), withinMs);
  }
}

/** What a child may see: no keys, no addresses; how many threads, and silence from TensorFlow. */
export const childEnvironment = (threads: number): Record<string, string> => ({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_NUM_INTRAOP_THREADS: String(threads),
  TF_NUM_INTEROP_THREADS: String(threads),
  OMP_NUM_THREADS: String(threads),
  // Kept on and written down: it decides the bytes of the result as much as the threads do.
  TF_ENABLE_ONEDNN_OPTS: '1',
  // Else each process that has touched a GPU takes all of its memory, one that only waits too.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
});

// One child process, seen from the worker: started with a bare environment, spoken to, ended. It takes one task and is gone.
import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { programBeside } from '#config/programs.js';
import { TASK_KINDS, WARM_ARGUMENT, type ChildTask, type Control, type TaskKind, type ToChild, type ToWorker } from './protocol.js';

/** Lower priority than the API and the queue, so that answers stay prompt while all cores train. */
const NICENESS = 5;
/** A child busy in a native call cannot end politely; this long it may try. */
export const KILL_AFTER_MS = 2_000;
const STDERR_KEPT_CHARACTERS = 4_000;

export interface ChildOptions {
  /** Threads TensorFlow may use inside one operation and between operations. */
  threads: number;
  /** Told to get ready for a task that will come later. @default false */
  warm?: boolean;
  /** For Node.js itself; none but in tests. */
  nodeArguments?: string[];
}

/** How a process ended: "exit code 1" or "signal SIGKILL", with the code where there is one, and the last it wrote to stderr. */
export interface ProcessEnd {
  how: string;
  code: number | null;
  stderr: string;
}

export class Child {
  /** Resolves once the process is gone and all it said has been heard. */
  readonly ended: Promise<ProcessEnd>;
  private killTimer: NodeJS.Timeout | undefined;

  private constructor(private readonly process: ChildProcess) {
    let stderr = '';
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT_CHARACTERS);
    });
    this.ended = new Promise<ProcessEnd>((resolve) => {
      process.on('error', (problem) => resolve({ how: problem.message, code: null, stderr }));
      // "close" comes after the last message was read; "exit" may come before.
      process.once('close', (code, killedBy) => resolve({ how: killedBy ? `signal ${killedBy}` : `exit code ${code}`, code, stderr }));
    });
    void this.ended.then(() => clearTimeout(this.killTimer));
  }

  static start(kind: TaskKind, { threads, warm = false, nodeArguments = [] }: ChildOptions): Child {
    const program = programBeside(import.meta.url, TASK_KINDS[kind].program);
    const child = fork(program, warm ? [WARM_ARGUMENT] : [], {
      env: childEnvironment(threads),
      execArgv: nodeArguments,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
    return new Child(child);
  }

  /** Undefined where the process could not be started; `ended` says why. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  onMessage(listener: (message: ToWorker) => void): void {
    this.process.on('message', (message) => listener(message as ToWorker));
  }

  /** Hands over the one task. To a process that is gone already nothing is said; `ended` has told, or will. */
  give(task: ChildTask): void {
    this.say(task);
  }

  /** Tells where the next checkpoint may be written, and whether the one before is kept. */
  makeRoom(folder: string, kept: boolean): void {
    this.say({ checkpointFolder: folder, kept });
  }

  /** Asks for something the process comes to in its own time. */
  tell(control: Control): void {
    this.say({ control });
  }

  /** Asks for something that ends the process when it comes to it; by force if that takes longer. */
  ask(control: Control, withinMs: number): void {
    this.say({ control });
    this.killAfter(withinMs);
  }

  /** Ends the process, by force if it does not listen. */
  end(withinMs = KILL_AFTER_MS): void {
    if (this.process.kill('SIGTERM')) this.killAfter(withinMs);
  }

  /** Ends the process now, also one that is stopped or busy in native code. */
  kill(): void {
    this.process.kill('SIGKILL');
  }

  private say(message: ToChild): void {
    this.process.send(message, () => undefined);
  }

  private killAfter(withinMs: number): void {
    this.killTimer ??= setTimeout(() => this.kill(), withinMs);
  }
}

/** What a child may see: no keys, no addresses; how many threads, and silence from TensorFlow. */
const childEnvironment = (threads: number): Record<string, string> => ({
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

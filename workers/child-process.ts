// One child process, seen from the worker: started with a bare environment, spoken to, ended. It takes one task and is gone.
import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { WARM_ARGUMENT, type ChildTask, type ToWorker } from './protocol.js';

/** Each kind of task has its program. */
const PROGRAMS: Record<ChildTask['task'], string> = { train: 'train-job.js', ingest: 'ingest.js', probe: 'probe-engine.js' };

/** Lower priority than the API and the queue, so that answers stay prompt while all cores train. */
const NICENESS = 5;
/** A child busy in a native call cannot end politely; this long it may try. */
const KILL_AFTER_MS = 2_000;
const STDERR_KEPT_CHARACTERS = 4_000;

export interface ChildOptions {
  /** Threads TensorFlow may use inside one operation and between operations. */
  threads: number;
  /** Told to get ready for a task that will come later. @default false */
  warm?: boolean;
}

/** How a process ended: "exit code 1" or "signal SIGKILL", and the last it wrote to stderr. */
export interface ProcessEnd {
  how: string;
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
      process.on('error', (problem) => resolve({ how: problem.message, stderr }));
      // "close" comes after the last message was read; "exit" may come before.
      process.once('close', (code, killedBy) => resolve({ how: killedBy ? `signal ${killedBy}` : `exit code ${code}`, stderr }));
    });
    void this.ended.then(() => clearTimeout(this.killTimer));
  }

  static start(task: ChildTask['task'], { threads, warm = false }: ChildOptions): Child {
    const program = fileURLToPath(new URL(PROGRAMS[task], programFolder()));
    const child = fork(program, warm ? [WARM_ARGUMENT] : [], {
      env: childEnvironment(threads),
      execArgv: [],
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
    this.process.send(task, () => undefined);
  }

  /** Ends the process, by force if it does not listen. */
  end(): void {
    const running = this.process.kill('SIGTERM');
    if (running) this.killTimer ??= setTimeout(() => this.process.kill('SIGKILL'), KILL_AFTER_MS);
  }
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
  // Else each process that has touched a GPU takes all of its memory, one that only waits too.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
});

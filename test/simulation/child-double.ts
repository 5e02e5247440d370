// The process that trains, without training: it steps forward in simulated time, leaves checkpoints and a bundle, may die or hang, and
// does what it is asked to. The real supervisor watches it.
import { ServiceError } from '#contract/errors.js';
import { checkpointName } from '#jobs/checkpoints.js';
import type { ChildTask, Control, ToWorker, TrainTask } from '../../workers/protocol.js';
import type { ProcessEnd } from '#children/subprocess.js';
import { EXIT_CLASSES } from '../../workers/exit-class.js';
import type { SupervisedChild } from '../../workers/supervisor.js';
import type { Chances } from './chances.js';
import type { Machine, Process } from './machine.js';
import { MemoryStore, stagingAt, type MemoryDisk } from './memory-store.js';

const ENGINE = { name: 'a double', version: '1', device: 'cpu' } as const;
const RUN = { run: 'main', role: 'main', seed: 1 } as const;
/** Weights whose digest follows from the number of steps: a job that was interrupted must give the same. */
export const digestAfter = (steps: number): string => steps.toString(16).padStart(64, '0');

export class SimulatedChild implements SupervisedChild {
  readonly pid = undefined; // its memory is nobody's business
  readonly ended: Promise<ProcessEnd>;
  private readonly process: Process;
  private readonly store: MemoryStore;
  private listener: (message: ToWorker) => void = () => undefined;
  private asked: Control | undefined;
  private room: string | undefined;
  private onRoom: () => void = () => undefined;
  private hasEnded: (end: ProcessEnd) => void = () => undefined;
  private ending: ProcessEnd = { how: 'signal SIGKILL', code: null, signal: 'SIGKILL', stderr: '' };
  /** What it says arrives in the order in which it was said. */
  private heardMs = 0;

  constructor(
    private readonly machine: Machine,
    private readonly chances: Chances,
    private readonly worker: Process,
    disk: MemoryDisk,
  ) {
    this.process = machine.start(`child of ${worker.name}`, worker);
    this.store = new MemoryStore(disk, chances.disk(this.process));
    this.ended = new Promise((resolve) => (this.hasEnded = resolve));
    this.process.onDeath = () => {
      chances.trace(this.process, `ends: ${this.ending.how}`);
      this.deliver(() => this.hasEnded(this.ending));
    };
  }

  onMessage(listener: (message: ToWorker) => void): void {
    this.listener = listener;
  }

  give(task: ChildTask): void {
    this.later(() => void this.train(task as TrainTask));
  }

  makeRoom(folder: string): void {
    this.later(() => {
      this.room = folder;
      this.onRoom();
    });
  }

  tell(control: Control): void {
    this.later(() => (this.asked = control));
  }

  ask(control: Control, withinMs: number): void {
    this.tell(control);
    this.machine.later(this.worker, withinMs, () => this.kill());
  }

  /** SIGTERM. */
  end(withinMs = 2_000): void {
    this.later(() => this.die('SIGTERM'));
    this.machine.later(this.worker, withinMs, () => this.kill());
  }

  kill(): void {
    this.die('SIGKILL');
  }

  private later(act: () => void): void {
    this.machine.later(this.process, this.chances.latencyMs(), act);
  }

  private say(message: ToWorker): void {
    this.deliver(() => this.listener(message));
  }

  private deliver(act: () => void): void {
    this.heardMs = Math.max(this.heardMs, this.machine.nowMs + this.chances.latencyMs());
    this.machine.later(this.worker, this.heardMs - this.machine.nowMs, act);
  }

  private exit(code: number): void {
    this.endsBy({ how: `exit code ${code}`, code, signal: null, stderr: '' });
  }

  private die(signal: NodeJS.Signals): void {
    this.endsBy({ how: `signal ${signal}`, code: null, signal, stderr: '' });
  }

  private endsBy(ending: ProcessEnd): void {
    if (this.process.state !== 'dead') this.ending = ending;
    this.machine.kill(this.process);
  }

  private pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.machine.later(this.process, ms, resolve));
  }

  private async train(task: TrainTask): Promise<void> {
    try {
      await this.makeModel(task);
    } catch (problem) {
      const error = problem instanceof ServiceError ? problem : ServiceError.of('CHILD_FAILED', String(problem));
      this.say({ kind: 'failed', error: error.toRecord() });
      this.exit(EXIT_CLASSES.service_error.code);
    }
  }

  private async makeModel({ job, outFolder, checkpoints, checkpointFolder, attempt, checkpointSeconds }: TrainTask): Promise<void> {
    const { steps, stepMs } = this.chances.options;
    this.room = checkpointFolder;
    await this.pass(stepMs);
    this.say({ kind: 'engine', engine: ENGINE });

    let done = 0;
    const [newest] = checkpoints;
    if (newest) {
      done = await this.stepOf(job.id, newest.name);
      this.say({ kind: 'resumed', checkpoint: newest.name, run: RUN, step: done, metrics: {}, differs: [] });
    }
    this.say({ kind: 'event', type: 'run.started', data: { ...RUN, steps } });
    let [count, savedMs] = [0, performance.now()];
    const save = async (): Promise<void> => {
      const folder = this.room;
      if (folder === undefined) return;
      this.room = undefined;
      const name = checkpointName(attempt, (count += 1));
      savedMs = performance.now();
      try {
        await this.store.writeStaged(stagingAt(folder), 'checkpoint.bin', JSON.stringify({ job: job.id, step: done }));
        const facts = { attempt, run: 'main', stage: 0, epoch: 1, step: done, metrics: {}, size_bytes: 1, sha256: digestAfter(done) };
        this.say({ kind: 'checkpoint', name, seconds: 0, facts });
      } catch (problem) {
        if (!(problem instanceof ServiceError)) throw problem;
        this.say({ kind: 'checkpoint_failed', name, error: problem.toRecord() });
      }
    };

    while (done < steps && this.asked !== 'stop') {
      await this.pass(stepMs);
      if (this.chances.strikes('childDies')) return this.die('SIGSEGV');
      if (this.chances.strikes('childHangs')) return this.chances.trace(this.process, 'hangs');
      done += 1;
      this.say({ kind: 'metrics', points: [{ run: 'main', role: 'main', stage: 0, epoch: 1, step: done, values: { loss: 1 / done } }] });
      const progress = { run: 'main', stage: 0, epoch: 1, epochs: 1, step: done, steps, percent: 0, examples_per_second: null, eta_seconds: null };
      this.say({ kind: 'progress', progress, next: 'training' });
      const leaving = this.asked === 'pause' || this.asked === 'drain';
      if (leaving || performance.now() - savedMs >= checkpointSeconds * 1_000) await save();
      if (leaving && this.room === undefined) await new Promise<void>((resolve) => (this.onRoom = resolve));
      if (leaving || this.asked === 'cancel') {
        this.say({ kind: 'left_off' });
        return this.exit(EXIT_CLASSES.drained.code);
      }
    }

    this.say({ kind: 'finalizing' });
    const digest = digestAfter(done);
    const out = stagingAt(outFolder);
    await this.store.writeStaged(out, 'weights.bin', digest);
    await this.pass(stepMs);
    await this.store.writeStaged(out, 'manifest.json', JSON.stringify({ schema_version: 1, id: job.model, attempt, files: ['weights.bin'] }));
    this.say({ kind: 'done', result: { stop_reason: done < steps ? 'user_stop' : 'completed', weights_digest: digest, metrics: {}, runs: [] } });
    this.exit(EXIT_CLASSES.done.code);
  }

  private async stepOf(job: string, checkpoint: string): Promise<number> {
    const bytes = await this.store.get(`jobs/${job}/checkpoints/${checkpoint}/checkpoint.bin`);
    return (JSON.parse(String(bytes)) as { step: number }).step;
  }
}

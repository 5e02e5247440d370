// One child and all that it is asked: requests wait in their order; those for the model whose turn it is go together. The child is started when it is
// needed, holds models that were asked lately, and is gone after a while without requests.
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ServiceError } from '../contract/errors.js';
import type { Asked } from './find.js';
import type { Inputs, Outcome } from './messages.js';
import { ChildGone, PredictProcess } from './predict-process.js';

/** Instances that go through a network together, of several requests; those of one alone may be more. A larger call keeps others waiting for longer than it saves. */
const MOST_TOGETHER = 512;

/** One request, from when it is let in until it is answered. */
export interface Call {
  readonly asked: Asked;
  readonly inputs: Inputs;
  readonly instances: number;
  /** Whether a child has died of a run that it was in: it goes alone then, so that it cannot take others with it once more. */
  suspect: boolean;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (problem: unknown) => void;
}

export interface LaneSettings {
  /** The program of the child. */
  readonly program: string;
  readonly threads: number;
  /** What the weights of warm models may take together, in bytes. */
  readonly memoryBytes: number;
  /** How long one answer of the child may take. */
  readonly seconds: number;
  readonly idleSeconds: number;
  readonly log: Logger;
}

export class Lane {
  private readonly waiting: Call[] = [];
  /** The model that the child is asked at the moment. */
  private atWork: string | undefined;
  /** Bytes of each model that the child holds; the one that was not asked for the longest time first. */
  private readonly warm = new Map<string, number>();
  private child: PredictProcess | undefined;
  /** All that run, those that were told to end too. */
  private readonly running = new Set<PredictProcess>();
  private working: Promise<void> | undefined;
  private idle: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly settings: LaneSettings) {}

  /** How much is to be done: requests that wait, and a run. */
  get load(): number {
    return this.waiting.length + (this.atWork === undefined ? 0 : 1);
  }

  get warmModels(): number {
    return this.warm.size;
  }

  /** Whether the model is warm here, or will be by what waits. */
  knows = (key: string): boolean => this.warm.has(key) || this.atWork === key || this.waiting.some(({ asked }) => asked.key === key);

  add(call: Call): void {
    this.waiting.push(call);
    this.working ??= this.work();
  }

  /** Lets go of a model that is no more. */
  forget(key: string): void {
    if (this.warm.delete(key)) this.child?.say({ kind: 'drop', key });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.idle);
    for (const child of this.running) child.end();
    await Promise.all([...this.running].map(({ ended }) => ended));
    await this.working;
  }

  private async work(): Promise<void> {
    clearTimeout(this.idle);
    // Requests that come in the same turn of the event loop go together from the first on.
    await setImmediate();
    while (this.waiting.length > 0) await this.turn(this.next());
    this.working = undefined;
    if (!this.closed) this.idle = setTimeout(() => this.letGo()?.end(), this.settings.idleSeconds * 1_000).unref();
  }

  /** The oldest request, and those for the same model that fit beside it. */
  private next(): Call[] {
    const first = this.waiting.shift()!;
    if (first.suspect) return [first];
    const together = [first];
    let instances = first.instances;
    for (let at = 0; at < this.waiting.length; ) {
      const other = this.waiting[at]!;
      if (other.suspect || other.asked.key !== first.asked.key || instances + other.instances > MOST_TOGETHER) {
        at += 1;
        continue;
      }
      instances += other.instances;
      together.push(other);
      this.waiting.splice(at, 1);
    }
    return together;
  }

  private async turn(calls: readonly Call[]): Promise<void> {
    this.atWork = calls[0]!.asked.key;
    try {
      const outcomes = await this.ask(calls);
      calls.forEach(({ resolve }, at) => resolve(outcomes[at]!));
    } catch (problem) {
      const isGone = problem instanceof ChildGone;
      // A child that took too long is being ended.
      if (isGone || (problem instanceof ServiceError && problem.code === 'PREDICT_TIMEOUT')) this.letGo();
      for (const call of [...calls].reverse()) {
        if (isGone && !call.suspect && !this.closed) {
          call.suspect = true;
          this.waiting.unshift(call);
        } else {
          call.reject(isGone ? ServiceError.of('PREDICT_CRASHED', problem.how) : problem);
        }
      }
    } finally {
      this.atWork = undefined;
    }
  }

  /** @throws ChildGone, PREDICT_TIMEOUT, and why the model cannot be loaded */
  private async ask(calls: readonly Call[]): Promise<readonly Outcome[]> {
    const { key, weightsBytes, load } = calls[0]!.asked;
    const child = this.started();
    if (!this.warm.has(key)) {
      this.makeRoom(child, weightsBytes);
      await child.ask({ kind: 'load', key, ...load }, 'loaded', this.settings.seconds);
    }
    // The last of them was asked last.
    this.warm.delete(key);
    this.warm.set(key, weightsBytes);
    const { outcomes } = await child.ask({ kind: 'run', key, inputs: calls.map(({ inputs }) => inputs) }, 'ran', this.settings.seconds);
    return outcomes;
  }

  /** One model is always held, however large it is. */
  private makeRoom(child: PredictProcess, bytes: number): void {
    let held = [...this.warm.values()].reduce((sum, each) => sum + each, 0);
    for (const [key, each] of this.warm) {
      if (held + bytes <= this.settings.memoryBytes) return;
      this.warm.delete(key);
      child.say({ kind: 'drop', key });
      held -= each;
    }
  }

  /** @throws ChildGone where there is to be none any more */
  private started(): PredictProcess {
    if (this.closed) throw new ChildGone('the service is closing');
    if (this.child) return this.child;
    const { program, threads, log } = this.settings;
    const child = new PredictProcess(program, threads);
    this.child = child;
    this.running.add(child);
    void child.ended.then(({ how, code, signal, stderr }) => {
      this.running.delete(child);
      // SIGTERM: told to end.
      if (code !== 0 && signal !== 'SIGTERM') log.error({ how, stderr }, 'a process that predicts ended');
      if (this.child === child) this.letGo();
    });
    return child;
  }

  /** The next request has a fresh child. @returns the one that was */
  private letGo(): PredictProcess | undefined {
    const { child } = this;
    this.child = undefined;
    this.warm.clear();
    return child;
  }
}

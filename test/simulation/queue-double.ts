// The queue as BullMQ behaves, without it: at least once. Tasks are held by locks that run out; a task whose lock has run out waits again,
// whether or not its worker is still at it; all of it can be lost. The worker's side does what src/queue/queues/bullmq-consumer.ts does.
import type { WorkerStatus } from '#contract/system.js';
import { ServiceError } from '#contract/errors.js';
import {
  TASKS, TryAgain, type Consumer, type Handler, type InterruptReason, type Queue, type QueueCounts, type Task,
} from '#queue/queue.js';
import type { Machine, Process } from './machine.js';
import type { Chances } from './chances.js';

interface Entry {
  task: Task;
  id: string;
  priority: number;
  order: number;
  state: 'waiting' | 'delayed' | 'active';
  dueMs: number;
  /** Of whoever has it. */
  token: string | undefined;
  lockedUntilMs: number;
}

/** The server: what it holds goes with `lose`. */
export class QueueServer {
  /** Why it takes nothing at the moment. */
  trouble: 'QUEUE_UNAVAILABLE' | 'QUEUE_FULL' | undefined;
  entries: Entry[] = [];
  /** The token of the run that each is meant for. */
  readonly interrupts = new Map<string, string>();
  readonly announced = new Map<string, { info: WorkerStatus; untilMs: number }>();
  readonly consumers = new Set<SimulatedConsumer>();
  private orders = 0;

  constructor(
    private readonly machine: Machine,
    readonly lockSeconds: number,
    stallCheckSeconds: number,
  ) {
    const check = (): void => {
      if (this.trouble === undefined) this.putBackStalled();
      machine.later(machine.processes[0]!, stallCheckSeconds * 1_000, check);
    };
    check();
  }

  /** Everything but the connections. */
  lose(): void {
    this.entries = [];
    this.interrupts.clear();
    this.announced.clear();
  }

  comeBack(): void {
    this.trouble = undefined;
    for (const consumer of this.consumers) consumer.connected();
  }

  find(task: Task, id: string): Entry | undefined {
    return this.entries.find((entry) => entry.task === task && entry.id === id);
  }

  add(task: Task, id: string, priority: number): void {
    if (this.find(task, id)) return;
    this.entries.push({ task, id, priority, order: this.orders++, state: 'waiting', dueMs: 0, token: undefined, lockedUntilMs: 0 });
  }

  remove(entry: Entry): void {
    this.entries = this.entries.filter((each) => each !== entry);
  }

  waiting(task: Task): Entry[] {
    const { nowMs } = this.machine;
    for (const entry of this.entries) if (entry.state === 'delayed' && entry.dueMs <= nowMs) entry.state = 'waiting';
    return this.entries.filter((entry) => entry.task === task && entry.state === 'waiting').sort((a, b) => b.priority - a.priority || a.order - b.order);
  }

  take(task: Task, token: string): Entry | undefined {
    const [entry] = this.waiting(task);
    if (entry) Object.assign(entry, { state: 'active', token, lockedUntilMs: this.machine.nowMs + this.lockSeconds * 1_000 });
    return entry;
  }

  /** False where somebody else has it, or nobody. */
  renew(entry: Entry, token: string): boolean {
    const stands = this.holds(entry, token);
    if (stands) entry.lockedUntilMs = this.machine.nowMs + this.lockSeconds * 1_000;
    return stands;
  }

  putBack(entry: Entry, token: string, delayMs: number): void {
    if (!this.holds(entry, token)) return;
    Object.assign(entry, { state: delayMs > 0 ? 'delayed' : 'waiting', dueMs: this.machine.nowMs + delayMs, token: undefined });
  }

  finish(entry: Entry, token: string): void {
    if (this.holds(entry, token)) this.remove(entry);
  }

  /** Whether a task is still locked by whoever had this token. */
  holds(entry: Entry, token: string): boolean {
    return this.entries.includes(entry) && entry.token === token && this.machine.nowMs <= entry.lockedUntilMs;
  }

  /** As if the lock of a task had been deleted: its worker hears of it when it renews it, another may have it before. */
  breakLock(): string | undefined {
    const entry = this.entries.find(({ state }) => state === 'active');
    if (entry) entry.lockedUntilMs = -1;
    return entry?.id;
  }

  private putBackStalled(): void {
    for (const entry of this.entries) {
      if (entry.state === 'active' && entry.lockedUntilMs < this.machine.nowMs) Object.assign(entry, { state: 'waiting', token: undefined });
    }
  }
}

/** The way to the server and back, of one process. */
function asking(server: QueueServer, machine: Machine, chances: Chances, process: Process) {
  return <T>(what: string, ask: () => T, patient = false): Promise<T> =>
    new Promise((resolve, reject) => {
      const send = (): void => {
        if (server.trouble !== undefined && patient) return void machine.later(process, 500, send);
        if (server.trouble !== undefined) return void machine.later(process, chances.latencyMs(), () => reject(ServiceError.of(server.trouble ?? 'QUEUE_UNAVAILABLE')));
        const answer = ask();
        const lost = !patient && chances.strikes('queueAnswerLost');
        chances.trace(process, lost ? `${what} (the answer is lost)` : what);
        machine.later(process, chances.latencyMs(), () => (lost ? reject(ServiceError.of('QUEUE_UNAVAILABLE')) : resolve(answer)));
      };
      machine.later(process, chances.latencyMs(), send);
    });
}

export class SimulatedQueue implements Queue {
  private readonly ask: ReturnType<typeof asking>;

  constructor(
    private readonly q: QueueServer,
    private readonly machine: Machine,
    chances: Chances,
    process: Process,
  ) {
    this.ask = asking(q, machine, chances, process);
  }

  add = (task: Task, id: string, priority: number): Promise<void> => this.ask(`queue ${id}`, () => this.q.add(task, id, priority));

  /** A place in line and what waits there are one here: there is nothing that damage could leave. */
  clearDamage = (task: Task): Promise<void> => this.ask(`clear damage of ${task}`, () => undefined);

  addLost = (task: Task, id: string, priority: number): Promise<void> => this.add(task, id, priority);

  remove = (task: Task, id: string): Promise<boolean> =>
    this.ask(`unqueue ${id}`, () => {
      const entry = this.q.find(task, id);
      if (!entry || entry.state === 'active') return false;
      this.q.remove(entry);
      return true;
    });

  ahead = (task: Task, id: string): Promise<number | undefined> =>
    this.ask(`ahead of ${id}`, () => {
      const at = this.q.waiting(task).findIndex((entry) => entry.id === id);
      return at < 0 ? undefined : at;
    });

  holds = (task: Task, id: string): Promise<boolean> => this.ask(`holds ${id}?`, () => this.q.find(task, id) !== undefined);

  held = (task: Task): Promise<Set<string>> =>
    this.ask('held?', () => new Set(this.q.entries.filter((entry) => entry.task === task).map(({ id }) => id)));

  counts = (task: Task): Promise<QueueCounts> =>
    this.ask('counts?', () => {
      const all = this.q.entries.filter((entry) => entry.task === task);
      const active = all.filter(({ state }) => state === 'active').length;
      return { waiting: all.length - active, active };
    });

  interrupt = (id: string): Promise<void> =>
    this.ask(`interrupt ${id}`, () => {
      const token = this.q.entries.find((entry) => entry.id === id)?.token;
      if (token !== undefined) this.q.interrupts.set(id, token);
      for (const consumer of this.q.consumers) consumer.hear(id);
    });

  workers = (): Promise<WorkerStatus[]> =>
    this.ask('workers?', () => {
      for (const [id, { untilMs }] of this.q.announced) if (untilMs <= this.machine.nowMs) this.q.announced.delete(id);
      return [...this.q.announced.values()].map(({ info }) => JSON.parse(JSON.stringify(info)) as WorkerStatus);
    });

  clear = (): Promise<void> =>
    this.ask('clear', () => {
      for (const task of TASKS) for (const entry of this.q.entries.filter((each) => each.task === task)) this.q.remove(entry);
    });

  ready = (): Promise<void> => this.ask('ready?', () => undefined);
  server = (): Promise<string> => this.ask('server?', () => 'a double');
  close = async (): Promise<void> => undefined;
}

interface Run {
  entry: Entry;
  token: string;
  controller: AbortController;
  lockLost: boolean;
  heldMs: number;
  handled: Promise<unknown>;
}

const AFTER_ERROR_MS = 1_000;
const LOOKS_EVERY_MS = 700;

export class SimulatedConsumer implements Consumer {
  private readonly runs = new Set<Run>();
  private readonly ask: ReturnType<typeof asking>;
  private closing = false;
  private tokens = 0;
  /** The double's connections are never wedged. */
  readonly stuck = new Promise<Task>(() => undefined);
  /** Handlers that ended with an error nobody foresaw. */
  onError: (problem: unknown) => void = () => undefined;

  constructor(
    private readonly server: QueueServer,
    private readonly machine: Machine,
    private readonly chances: Chances,
    private readonly process: Process,
  ) {
    this.ask = asking(server, machine, chances, process);
    server.consumers.add(this);
  }

  consume(task: Task, handler: Handler): void {
    const look = (): void => {
      if (this.closing) return;
      const token = `${this.process.pid}:${this.tokens++}`;
      const entry = this.server.trouble === undefined ? this.server.take(task, token) : undefined;
      if (!entry) return void this.machine.later(this.process, LOOKS_EVERY_MS, look);
      this.chances.trace(this.process, `takes ${entry.id}`);
      this.machine.later(this.process, this.chances.latencyMs(), () => void this.work(entry, token, handler).then(look));
    };
    look();
  }

  private async work(entry: Entry, token: string, handler: Handler): Promise<void> {
    if (this.closing) return this.tellServer(() => this.server.putBack(entry, token, 0));
    const run: Run = { entry, token, controller: new AbortController(), lockLost: false, heldMs: performance.now(), handled: Promise.resolve() };
    this.runs.add(run);
    const stopRenewing = this.renew(run);
    run.handled = (async () => handler(entry.id, run.controller.signal, () => this.holds(run)))();
    const problem = await run.handled.then(() => undefined, (thrown: unknown) => thrown ?? new Error('nothing was thrown'));
    this.runs.delete(run);
    stopRenewing();
    if (problem !== undefined && !(problem instanceof TryAgain)) this.onError(problem);
    if (run.lockLost) return;
    if (problem === undefined) return this.tellServer(() => this.server.finish(entry, token));
    const delayMs = problem instanceof TryAgain ? problem.delayMs : AFTER_ERROR_MS;
    return this.tellServer(() => this.server.putBack(entry, token, this.closing ? 0 : delayMs));
  }

  /** What does not arrive, the stall check does later: for BullMQ the task is then still at work. */
  private tellServer(tell: () => void): Promise<void> {
    return this.ask('gives a task back', tell).catch(() => undefined);
  }

  private renew(run: Run): () => void {
    let stop = (): void => undefined;
    const next = (): void => {
      stop = this.machine.later(this.process, (this.server.lockSeconds * 1_000) / 2, () => {
        if (this.server.trouble === undefined && !this.server.renew(run.entry, run.token)) return this.loseLock(run);
        if (this.server.trouble === undefined) run.heldMs = performance.now();
        next();
      });
    };
    next();
    return () => stop();
  }

  private async holds(run: Run): Promise<boolean> {
    if (run.lockLost) return false;
    if (performance.now() - run.heldMs < this.server.lockSeconds * 1_000) return true;
    if (this.server.trouble !== undefined) return true;
    if (!(await this.ask('whose?', () => this.server.holds(run.entry, run.token)).catch(() => true))) this.loseLock(run);
    return !run.lockLost;
  }

  private loseLock(run: Run): void {
    this.chances.trace(this.process, `loses ${run.entry.id}`);
    run.lockLost = true;
    this.abort('lock_lost', (each) => each === run);
  }

  private abort(reason: InterruptReason, which: (run: Run) => boolean): void {
    for (const run of this.runs) if (which(run)) run.controller.abort(reason);
  }

  /** An interrupt was published. */
  hear(id: string): void {
    this.machine.later(this.process, this.chances.latencyMs(), () => this.abort('interrupted', (run) => run.entry.id === id));
  }

  /** The server is there again: what was published meanwhile did not come. */
  connected(): void {
    this.machine.later(this.process, this.chances.latencyMs(), () => this.abort('interrupted', (run) => this.server.interrupts.get(run.entry.id) === run.token));
  }

  async announce(info: WorkerStatus, ttlSeconds: number): Promise<void> {
    if (this.server.trouble === 'QUEUE_UNAVAILABLE') return; // nobody could read it
    const announcement = { info: JSON.parse(JSON.stringify(info)) as WorkerStatus, untilMs: this.machine.nowMs + ttlSeconds * 1_000 };
    await this.ask('announces itself', () => void this.server.announced.set(info.id, announcement), this.server.trouble === undefined);
  }

  async close(): Promise<void> {
    this.closing = true;
    this.abort('closing', () => true);
    await Promise.allSettled([...this.runs].map((run) => run.handled));
    await this.ask('leaves', () => undefined).catch(() => undefined);
    this.server.consumers.delete(this);
  }
}

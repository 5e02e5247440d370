// A machine that is not there: one clock and processes, which can stand still or die. Whatever is yet to happen is an event of a process
// at a drawn time, and the machine makes one after the other. Between two events all code runs as far as it can without a further one,
// so that a run is a function of what was drawn.
import { setImmediate as turnOfTheRealLoop } from 'node:timers/promises';

/** When every simulation begins. */
const BEGIN_MS = Date.parse('2026-01-01T00:00:00Z');
/** Ids that no process of this machine has: src/store/process-alive.ts also asks /proc. */
const FIRST_PID = 10_000_000;

export class Process {
  state: 'running' | 'standing' | 'dead' = 'running';
  /** What came due while it stood still. */
  readonly missed: Event[] = [];
  /** Told of its end. */
  onDeath: () => void = () => undefined;
  constructor(
    readonly pid: number,
    readonly name: string,
    /** Without it this one ends too. */
    readonly parent: Process | undefined,
  ) {}
}

export interface Event {
  atMs: number;
  /** Of two at one time the one that was asked for first. */
  order: number;
  process: Process;
  /** Undefined once it was taken back. */
  act: (() => void) | undefined;
}

export class Machine {
  nowMs = BEGIN_MS;
  /** Whose code runs: what it begins is its own. */
  current: Process;
  readonly processes: Process[] = [];
  private readonly events = new Heap();
  private orders = 0;

  constructor() {
    this.current = this.start('the world');
  }

  start(name: string, parent?: Process): Process {
    const process = new Process(FIRST_PID + this.processes.length, name, parent);
    this.processes.push(process);
    return process;
  }

  /** Has something happen to a process, unless it is dead by then. The answer takes it back. */
  later(process: Process, delayMs: number, act: () => void): () => void {
    const event: Event = { atMs: this.nowMs + Math.max(0, delayMs), order: this.orders++, process, act };
    if (process.state !== 'dead') this.events.push(event);
    return () => void (event.act = undefined);
  }

  /** Runs code as that of a process. */
  as<T>(process: Process, code: () => T): T {
    const before = this.current;
    this.current = process;
    try {
      return code();
    } finally {
      this.current = before;
    }
  }

  /** Makes the next event, and all that follows from it at once. */
  async step(): Promise<void> {
    const event = this.events.pop();
    if (!event) throw new Error('nothing will ever happen any more');
    const { process } = event;
    if (process.state === 'dead' || !event.act) return;
    this.nowMs = Math.max(this.nowMs, event.atMs);
    if (process.state === 'standing') {
      process.missed.push(event);
      return;
    }
    this.current = process;
    event.act();
    await turnOfTheRealLoop(); // by then every promise that could be settled is, and what waited for it has run
    this.current = this.processes[0]!;
  }

  /** Its code never goes on. */
  kill(process: Process): void {
    if (process.state === 'dead') return;
    process.state = 'dead';
    process.onDeath();
    for (const child of this.processes) if (child.parent === process) this.kill(child);
  }

  standStill(process: Process): void {
    if (process.state === 'running') process.state = 'standing';
  }

  goOn(process: Process): void {
    if (process.state !== 'standing') return;
    process.state = 'running';
    for (const event of process.missed.splice(0)) this.events.push(Object.assign(event, { atMs: this.nowMs }));
  }

  /** Has Date, performance, timers and process ids be those of this machine. The answer gives back the real ones. */
  install(): () => void {
    const now = (): number => this.nowMs;
    const current = (): Process => this.current;
    const real = { Date, performance, setTimeout, setInterval, clearTimeout, clearInterval };
    const [realPid, realKill] = [process.pid, process.kill.bind(process)];
    class MachineDate extends Date {
      constructor(...given: [] | [number | string]) {
        super(...(given.length === 0 ? [now()] : given) as [number]);
      }
      static override now = now;
    }
    const timer = (cancel: () => void) => ({ cancel, unref: () => undefined });
    Object.assign(globalThis, {
      Date: MachineDate,
      setTimeout: (act: () => void, delayMs = 0) => timer(this.later(this.current, delayMs, act)),
      setInterval: (act: () => void, everyMs: number) => timer(this.again(this.current, everyMs, act)),
      clearTimeout: (one?: { cancel: () => void }) => one?.cancel(),
      clearInterval: (one?: { cancel: () => void }) => one?.cancel(),
    });
    Object.defineProperty(globalThis, 'performance', { configurable: true, writable: true, value: { now: () => now() - BEGIN_MS } });
    Object.defineProperty(process, 'pid', { configurable: true, get: () => current().pid });
    process.kill = (pid: number): true => {
      if (this.processes[pid - FIRST_PID]?.state === 'dead') throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
      return true;
    };
    return () => {
      const { performance: realPerformance, ...others } = real;
      Object.assign(globalThis, others);
      Object.defineProperty(globalThis, 'performance', { configurable: true, writable: true, value: realPerformance });
      Object.defineProperty(process, 'pid', { configurable: true, writable: true, value: realPid });
      process.kill = realKill;
    };
  }

  private again(process: Process, everyMs: number, act: () => void): () => void {
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = this.later(process, everyMs, () => {
        next();
        act();
      });
    };
    next();
    return () => cancel();
  }
}

/** Events, the earliest first. */
class Heap {
  private readonly events: Event[] = [];

  push(event: Event): void {
    const { events } = this;
    let at = events.push(event) - 1;
    for (let above = (at - 1) >> 1; at > 0 && isBefore(event, events[above]!); above = (at - 1) >> 1) {
      events[at] = events[above]!;
      at = above;
    }
    events[at] = event;
  }

  pop(): Event | undefined {
    const { events } = this;
    const first = events[0];
    const last = events.pop();
    if (!first || !last || events.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below + 1 < events.length && isBefore(events[below + 1]!, events[below]!)) below += 1;
      if (below >= events.length || !isBefore(events[below]!, last)) break;
      events[at] = events[below]!;
      at = below;
    }
    events[at] = last;
    return first;
  }
}

const isBefore = (one: Event, other: Event): boolean => one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

// What the seed draws before a simulation begins: the size of the world, which faults there are in it, and how often each strikes. So one
// seed has many of a few kinds and another a few of many, rather than all a little of each (swarm testing).
import type { FaultPoint } from '#faults/points.js';
import { FAULT_POINTS } from '#faults/points.js';
import type { Draw } from './draw.js';
import type { Machine, Process } from './machine.js';
import { diskFull, type Change, type Making } from './memory-store.js';

/** Faults that strike a single act: how likely, where they are on. */
const ACT_FAULTS = {
  /** The disk refuses a change with EIO. */
  diskRefuses: [0.001, 0.02],
  /** The disk fails in the middle: seen, and not known to last. */
  diskFailsHalfway: [0.001, 0.02],
  /** The process ends in the middle of a change. */
  diesInChange: [0.0005, 0.005],
  /** A change takes seconds. */
  diskIsSlow: [0.001, 0.05],
  /** What was asked of the queue is done, and nobody hears of it. */
  queueAnswerLost: [0.005, 0.1],
  /** At a step of training. */
  childDies: [0.01, 0.3],
  childHangs: [0.005, 0.05],
} as const;
type ActFault = keyof typeof ACT_FAULTS;

/** Faults that come over the world: the mean time between two, where they are on, in milliseconds. */
const WORLD_FAULTS = {
  killWorker: [3_000, 60_000],
  killApi: [3_000, 60_000],
  drainWorker: [5_000, 60_000],
  standStill: [5_000, 60_000],
  cutPower: [10_000, 90_000],
  loseQueue: [5_000, 60_000],
  queueAway: [5_000, 60_000],
  queueFull: [5_000, 60_000],
  breakLock: [5_000, 60_000],
  fillDisk: [5_000, 60_000],
} as const;
export type WorldFault = keyof typeof WORLD_FAULTS;

/** What clients do: the mean time between two, in milliseconds. */
const CLIENT_ACTS = {
  submit: [1_000, 10_000],
  cancel: [3_000, 60_000],
  stop: [5_000, 60_000],
  pause: [5_000, 60_000],
  resume: [3_000, 30_000],
  retry: [5_000, 60_000],
  look: [500, 5_000],
} as const;
export type ClientAct = keyof typeof CLIENT_ACTS;

/** Of each kind, this part of the seeds has it. */
const ON = 0.5;
/** As FoundationDB does it: a point is live in a quarter of the runs, and then strikes a quarter of the times it is passed. */
const POINT_LIVE = 0.25;
const POINT_STRIKES = 0.25;

export interface Options {
  /** One process has store and queue to itself and the workers are its children; else several work beside each other. */
  alone: boolean;
  apis: number;
  workers: number;
  faultsForMs: number;
  mostJobs: number;
  steps: number;
  stepMs: number;
  checkpointSeconds: number;
  lockSeconds: number;
  hangSeconds: number;
  acts: Partial<Record<ActFault, number>>;
  world: Partial<Record<WorldFault, number>>;
  clients: Partial<Record<ClientAct, number>>;
  points: FaultPoint[];
  /** Of the points that strike, this part ends the process there; the others make the act fail. */
  pointKills: number;
}

export function drawOptions(draw: Draw): Options {
  const some = <K extends string>(ranges: Readonly<Record<K, readonly [from: number, to: number]>>, on = ON): Partial<Record<K, number>> =>
    Object.fromEntries(
      (Object.keys(ranges) as K[]).flatMap((kind) => {
        const [from, to] = ranges[kind];
        const value = draw.spread(from, to);
        return draw.chance(on) ? [[kind, Number(value.toPrecision(3))]] : [];
      }),
    ) as Partial<Record<K, number>>;
  const alone = draw.chance(0.4);
  return {
    alone,
    apis: alone ? 1 : draw.whole(1, 2),
    workers: draw.whole(1, 3),
    faultsForMs: draw.whole(15, 60) * 1_000,
    mostJobs: draw.whole(1, 6),
    steps: draw.whole(2, 10),
    stepMs: draw.whole(50, 2_000),
    checkpointSeconds: draw.whole(1, 6),
    lockSeconds: draw.whole(3, 15),
    hangSeconds: draw.whole(5, 15),
    acts: some(ACT_FAULTS),
    world: some(WORLD_FAULTS),
    clients: { ...some(CLIENT_ACTS, 0.7), submit: draw.whole(500, 5_000), look: draw.whole(500, 5_000) },
    points: (Object.keys(FAULT_POINTS) as FaultPoint[]).filter(() => draw.chance(POINT_LIVE)),
    pointKills: draw.pick([0, 0.5, 1]),
  };
}

/** A failure that was drawn. Any other failure is a finding. */
export class Struck extends Error {
  override readonly name = 'Struck';
  readonly code = 'EIO';
}

export interface TraceLine {
  atMs: number;
  who: string;
  what: string;
}

export class Chances {
  faultsAreOn = true;
  diskIsFull = false;
  readonly lines: TraceLine[] = [];

  /** @param kill ends a process */
  constructor(
    private readonly machine: Machine,
    readonly draw: Draw,
    readonly options: Options,
    private readonly kill: (process: Process) => void,
  ) {}

  trace(process: Process, what: string): void {
    this.lines.push({ atMs: this.machine.nowMs, who: process.name, what });
  }

  /** Usually a few milliseconds, so that whoever acts at once comes in any order. */
  latencyMs(): number {
    return this.draw.unit() ** 3 * 20;
  }

  strikes(fault: ActFault): boolean {
    return this.faultsAreOn && this.draw.chance(this.options.acts[fault] ?? 0);
  }

  /** What becomes of the process that passes a fault point. */
  atPoint(name: FaultPoint): 'goes on' | 'fails' | 'dies' {
    if (!this.faultsAreOn || !this.options.points.includes(name) || !this.draw.chance(POINT_STRIKES)) return 'goes on';
    return this.draw.chance(this.options.pointKills) ? 'dies' : 'fails';
  }

  /** The time until the next of a kind that comes so often. */
  waitMs(meanMs: number): number {
    return -Math.log(1 - this.draw.unit()) * meanMs;
  }

  /** How what a process asks of the disk is done: seen at one time and known to last at a later one, unless something strikes. */
  disk(process: Process): Making {
    const { machine } = this;
    return {
      look: (look) =>
        new Promise((resolve, reject) => {
          machine.later(process, this.latencyMs(), () => settled(look, resolve, reject));
        }),
      change: <T>(change: Change<T>) =>
        new Promise<T>((resolve, reject) => {
          const slowMs = this.strikes('diskIsSlow') ? this.draw.spread(500, 30_000) : 0;
          machine.later(process, this.latencyMs() + slowMs, () => {
            this.trace(process, change.what);
            if (this.diskIsFull && change.grows) return reject(diskFull());
            if (this.strikes('diskRefuses')) return reject(new Struck(`EIO: ${change.what}`));
            if (this.strikes('diesInChange')) {
              this.trace(process, `ends in the middle: ${change.what}`);
              settled(change.tear ?? change.see, () => undefined, () => undefined);
              return this.kill(process);
            }
            settled(change.see, (seen) => {
              machine.later(process, this.latencyMs(), () => {
                if (!change.whole && this.strikes('diskFailsHalfway')) {
                  this.trace(process, `fails halfway: ${change.what}`);
                  return reject(new Struck(`EIO: ${change.what}`));
                }
                settled(() => change.last?.(), () => resolve(seen), reject);
              });
            }, reject);
          });
        }),
    };
  }
}

function settled<T>(act: () => T, resolve: (value: T) => void, reject: (problem: unknown) => void): void {
  let value: T;
  try {
    value = act();
  } catch (problem) {
    return reject(problem);
  }
  resolve(value);
}

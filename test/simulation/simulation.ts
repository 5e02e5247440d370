// One simulation, from its seed: a world is drawn, faults strike while clients use the service, and after every step what must never be
// is looked for. Then the faults stop, and every job must come to its end within a bounded time, with nothing left over.
import type { DatasetSource } from '#contract/dataset.js';
import { ServiceError } from '#contract/errors.js';
import { armFaultPoints } from '#faults/armed.js';
import { FAULT_POINTS, type FaultPoint } from '#faults/points.js';
import { acceptDataset, ACCEPTED_DATASET, settleDataset } from '#datasets/registry.js';
import { encodeRecord } from '#store/records.js';
import { Chances, drawOptions, Struck, type ClientAct, type Options, type TraceLine, type WorldFault } from './chances.js';
import { Checker } from './checker.js';
import { Clients } from './clients.js';
import { Draw } from './draw.js';
import { Machine, type Process } from './machine.js';
import { MemoryDisk, MemoryStore } from './memory-store.js';
import { Service } from './service.js';

/** Once nothing strikes any more, every job must have ended by then, in simulated time. */
const ENDS_WITHIN_MS = 15 * 60_000;
/** And what is left over must be gone by then. */
const CLEAN_WITHIN_MS = 60_000;
const DATASET = `ds_${'0'.repeat(32)}`;

export interface Result {
  seed: number;
  options: Options;
  /** What should not have been; the simulation ends with the first. */
  findings: string[];
  trace: TraceLine[];
  steps: number;
  /** From where nothing strikes any more to the end of all jobs, in simulated time. */
  healedAfterMs: number;
  /** Fault points that have struck, and how often. */
  struck: Map<FaultPoint, number>;
  ended: Record<string, number>;
}

export async function simulate(seed: number): Promise<Result> {
  const machine = new Machine();
  const uninstall = machine.install();
  const world = new World(machine, seed);
  const disarm = armFaultPoints((name) => world.passPoint(name));
  try {
    await world.run();
  } finally {
    disarm();
    uninstall();
  }
  return world.result();
}

class World {
  private readonly draw: Draw;
  private readonly chances: Chances;
  private readonly disk = new MemoryDisk();
  private readonly service: Service;
  private readonly clients: Clients;
  private readonly checker: Checker;
  private readonly findings: string[] = [];
  private readonly struck = new Map<FaultPoint, number>();
  private readonly begunMs: number;
  private steps = 0;
  private healedAfterMs = 0;

  constructor(
    private readonly machine: Machine,
    private readonly seed: number,
  ) {
    this.draw = new Draw(seed);
    this.chances = new Chances(machine, this.draw, drawOptions(this.draw), (process) => this.service.kill(process));
    const wrong = (what: string): void => void this.findings.push(what);
    const unforeseen = (who: string, problem: unknown): void => {
      if (!wasStruck(problem)) wrong(`${who}: ${problem instanceof Error ? problem.stack : String(problem)}`);
    };
    this.service = new Service(machine, this.chances, this.disk, unforeseen);
    this.clients = new Clients(machine, this.chances, this.service, DATASET, wrong, unforeseen);
    this.checker = new Checker(this.disk, () => this.clients, wrong);
    this.begunMs = machine.nowMs;
  }

  async run(): Promise<void> {
    await this.haveDataset();
    this.service.startMissing();
    const { options } = this.chances;
    const all: Partial<Record<WorldFault | ClientAct, number>> = { ...options.world, ...options.clients };
    for (const [kind, meanMs] of Object.entries(all)) this.again(meanMs, () => this.happen(kind as WorldFault | ClientAct));
    this.again(3_000, this.restart);

    const stopsMs = this.begunMs + options.faultsForMs;
    while (this.machine.nowMs < stopsMs && (await this.step()));
    if (this.findings.length === 0) await this.heal();
  }

  /** Nothing strikes any more: what stands still goes on, what is gone is started, who waits for room has it. */
  private async heal(): Promise<void> {
    this.chances.faultsAreOn = false;
    this.chances.diskIsFull = false;
    for (const process of this.machine.processes) this.machine.goOn(process);
    this.service.server.comeBack();
    this.service.startMissing();
    this.again(10_000, this.resumeAll);
    this.note('nothing strikes any more');

    const healedMs = this.machine.nowMs;
    let open = ['all'];
    for (let lookMs = healedMs; open.length > 0 || this.checker.staged().length > 0; ) {
      if (!(await this.step())) return;
      if (this.machine.nowMs < lookMs) continue;
      lookMs += 1_000;
      open = await this.checker.unfinished();
      if (open.length === 0) this.healedAfterMs ||= this.machine.nowMs - healedMs;
      if (this.machine.nowMs > healedMs + ENDS_WITHIN_MS) return void this.findings.push(`not ended within ${ENDS_WITHIN_MS / 1_000} s: ${open.join(', ')}`);
      if (this.healedAfterMs > 0 && this.machine.nowMs > healedMs + this.healedAfterMs + CLEAN_WITHIN_MS) return void this.findings.push(`left over: ${this.checker.staged().join(', ')}`);
    }
    await this.checker.lookAtTheEnd();
  }

  /** False once something should not have been. */
  private async step(): Promise<boolean> {
    await this.machine.step();
    this.steps += 1;
    await this.checker.look();
    return this.findings.length === 0;
  }

  /** As often as drawn, until nothing strikes any more. */
  private again(meanMs: number, act: () => void): void {
    this.machine.later(this.machine.processes[0]!, this.chances.waitMs(meanMs), () => {
      if (!this.chances.faultsAreOn && act !== this.restart && act !== this.resumeAll) return;
      act();
      this.again(meanMs, act);
    });
  }

  private readonly resumeAll = (): void => this.clients.resumeAll();
  private readonly restart = (): void => this.service.startMissing();

  private happen(kind: WorldFault | ClientAct): void {
    if (kind in this.worldFaults) this.worldFaults[kind as WorldFault]();
    else this.clients.act(kind as ClientAct);
  }

  private readonly worldFaults: Record<WorldFault, () => void> = {
    killWorker: () => this.toOne(this.service.workers, 'is killed', ({ process }) => this.service.kill(process)),
    killApi: () => this.toOne(this.service.apis, 'is killed', ({ process }) => this.service.kill(process)),
    drainWorker: () => this.toOne(this.service.workers, 'is told to close', (worker) => this.service.drain(worker)),
    standStill: () =>
      this.toOne(this.machine.processes.slice(1).map((process) => ({ process })), 'stands still', ({ process }) => {
        this.machine.standStill(process);
        this.machine.later(this.machine.processes[0]!, this.draw.spread(500, 60_000), () => this.machine.goOn(process));
      }),
    cutPower: () => {
      this.note('the power is cut');
      for (const process of this.machine.processes.slice(1)) this.machine.kill(process);
      if (this.draw.chance(0.5)) this.service.server.lose();
      this.disk.cutPower(this.draw);
      this.checker.powerWasCut();
    },
    loseQueue: () => {
      this.note('the queue loses everything');
      this.service.server.lose();
    },
    queueAway: () => this.queueTrouble('QUEUE_UNAVAILABLE'),
    queueFull: () => this.queueTrouble('QUEUE_FULL'),
    breakLock: () => this.note(`the lock of ${this.service.server.breakLock()} is broken`),
    fillDisk: () => {
      this.note('the disk is full');
      this.chances.diskIsFull = true;
      this.machine.later(this.machine.processes[0]!, this.draw.spread(500, 30_000), () => (this.chances.diskIsFull = false));
    },
  };

  private queueTrouble(trouble: 'QUEUE_UNAVAILABLE' | 'QUEUE_FULL'): void {
    this.note(`the queue: ${trouble}`);
    this.service.server.trouble = trouble;
    this.machine.later(this.machine.processes[0]!, this.draw.spread(500, 30_000), () => this.service.server.comeBack());
  }

  private toOne<T extends { process: Process }>(those: readonly T[], what: string, strike: (one: T) => void): void {
    const living = those.filter(({ process }) => process.state === 'running');
    if (living.length === 0) return;
    const one = this.draw.pick(living);
    this.chances.trace(one.process, what);
    strike(one);
  }

  passPoint(name: FaultPoint): void | Promise<never> {
    const process = this.machine.current;
    if (process === this.machine.processes[0]) return; // while the world is made
    const fate = this.chances.atPoint(name);
    if (fate === 'goes on') return;
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
    this.chances.trace(process, `${name}: ${fate}`);
    if (fate === 'fails') throw new Struck(`${name}: ${FAULT_POINTS[name].what}`);
    this.service.kill(process);
    return new Promise(() => undefined);
  }

  private note(what: string): void {
    this.chances.trace(this.machine.processes[0]!, what);
  }

  /** A data set that jobs can be trained on. */
  private async haveDataset(): Promise<void> {
    const store = new MemoryStore(this.disk);
    const accepted = await store.stage(DATASET);
    const source: DatasetSource = { files: [], generate: null, url: null, class_names: null, on_bad_rows: 'skip' };
    await store.writeStaged(accepted, 'dataset.json', encodeRecord(ACCEPTED_DATASET, { id: DATASET, name: 'a data set', format: 'generated', created_at: '', source }));
    await acceptDataset(store, DATASET, accepted);
    const packed = await store.stage(DATASET);
    await store.writeStaged(packed, 'packed.bin', 'rows');
    await store.seal(packed);
    const part = { examples: 40, class_counts: [20, 20] };
    const content = {
      input_shape: [2, 2, 1], task: 'classification' as const, class_names: ['cat', 'dog'], parts: { train: part, test: part }, split: null,
      preprocessing: { input: { shape: [2, 2, 1], dtype: 'uint8' as const }, steps: [{ divide_by: 255 }] }, digest: 'd'.repeat(64), size_bytes: 320,
    };
    await settleDataset(store, DATASET, { status: 'ready', at: '', content, staging: packed.name, report: null });
  }

  result(): Result {
    const ended: Record<string, number> = {};
    for (const [key, { bytes }] of this.disk.objects) {
      if (!key.endsWith('/outcome.json') || !key.startsWith('jobs/')) continue;
      const { status } = (JSON.parse(bytes.toString()) as { value: { status: string } }).value;
      ended[status] = (ended[status] ?? 0) + 1;
    }
    const { seed, findings, steps, healedAfterMs, struck } = this;
    return { seed, options: this.chances.options, findings, trace: this.chances.lines, steps, healedAfterMs, struck, ended };
  }
}

const FORESEEN = ['DISK_FULL', 'QUEUE_UNAVAILABLE', 'QUEUE_FULL', 'QUEUE_READONLY'];
/** ENOENT: whoever is at work on a job that was ended loses the ground. What follows from that is looked at by the checker. */
const wasStruck = (problem: unknown): boolean => problem instanceof Struck || (problem as { code?: string }).code === 'ENOENT' || (problem instanceof ServiceError && FORESEEN.includes(problem.code));

/** Everything that is needed to see what happened. */
export function tell({ seed, options, findings, trace, steps }: Result, lines = 400): string {
  const begunMs = trace[0]?.atMs ?? 0;
  const told = trace.slice(-lines).map(({ atMs, who, what }) => `${((atMs - begunMs) / 1_000).toFixed(3).padStart(9)}  ${who.padEnd(20)} ${what}`);
  return [
    `SEED=${seed} npm test -- test/simulation`, '', 'found:', ...findings, '', 'drawn:', JSON.stringify(options), '',
    `the last ${told.length} of ${trace.length} lines, after ${steps} steps:`, ...told,
  ].join('\n');
}

// The service of a simulation: its API processes and workers, each with rooms of its own over the one disk and the one queue server. What
// src/service.ts and workers/train-worker.ts do at their start, done here; everything under it is the real code.
import { pino } from 'pino';
import type { WorkerStatus } from '#contract/system.js';
import { JobQuota } from '#jobs/quota.js';
import { Reconciler } from '#jobs/reconcile.js';
import type { SubmitRooms } from '#jobs/submit.js';
import { isQueueProblem } from '#queue/queue.js';
import { Announcements, ANNOUNCE_EVERY_MS } from '../../workers/announcements.js';
import { supervise } from '../../workers/supervisor.js';
import { attemptJob, type WorkerRooms } from '../../workers/train-attempt.js';
import type { Chances } from './chances.js';
import { SimulatedChild } from './child-double.js';
import { eventLogOver } from './event-log.js';
import type { Machine, Process } from './machine.js';
import { MemoryStore, type MemoryDisk } from './memory-store.js';
import { QueueServer, SimulatedConsumer, SimulatedQueue } from './queue-double.js';

const RECONCILE_EVERY_MS = 5_000;

interface Running {
  process: Process;
  /** Undefined until it serves. */
  rooms?: SubmitRooms;
  consumer?: SimulatedConsumer;
}

export class Service {
  readonly server: QueueServer;
  readonly apis: Running[] = [];
  readonly workers: Running[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly chances: Chances,
    private readonly disk: MemoryDisk,
    /** Told of failures that nothing had struck. */
    private readonly unforeseen: (who: string, problem: unknown) => void,
  ) {
    const { lockSeconds } = chances.options;
    this.server = new QueueServer(machine, lockSeconds, lockSeconds / 2);
  }

  /** Starts whatever is not there: one after the other, as whoever looks after services does. */
  startMissing(): void {
    const { alone, apis, workers } = this.chances.options;
    for (let n = 0; n < apis; n += 1) if (isGone(this.apis[n])) this.startApi(n);
    if (alone && !this.apis[0]?.rooms) return; // the service has to look at everything before
    for (let n = 0; n < workers; n += 1) if (isGone(this.workers[n])) this.startWorker(n);
  }

  /** Ends a process at once. Workers of a service that is alone end with it: at once too, or in good order, beside the next service. */
  kill(process: Process): void {
    this.machine.kill(process);
    if (!this.chances.options.alone || this.apis[0]?.process !== process) return;
    if (this.chances.draw.chance(0.3)) this.server.lose();
    for (const worker of this.workers.splice(0)) {
      if (this.chances.draw.chance(0.5)) this.machine.kill(worker.process);
      else this.drain(worker);
    }
  }

  /** Has a worker leave off and end. */
  drain({ process, consumer }: Running): void {
    this.machine.later(process, 0, () => void consumer!.close().then(() => this.machine.kill(process)));
  }

  private roomsOf(process: Process) {
    const store = new MemoryStore(this.disk, this.chances.disk(process));
    const queue = new SimulatedQueue(this.server, this.machine, this.chances, process);
    return { store, events: eventLogOver(store), queue, quota: new JobQuota(queue, 0), memoryLimitBytes: 2 ** 32, catalogue: new Map(), allowPrivate: false };
  }

  private startApi(n: number): void {
    const { alone } = this.chances.options;
    const process = this.machine.start(`api ${n}`);
    const api: Running = { process };
    this.apis[n] = api;
    this.chances.trace(process, 'starts');
    const rooms = this.roomsOf(process);
    const reconciler = new Reconciler(rooms);
    const look = async (first: boolean): Promise<void> => {
      const { failed } = await reconciler.look(first && alone);
      for (const { problem } of failed) this.unforeseen(process.name, problem);
    };
    const lookAgain = (): void => {
      setTimeout(() => void look(false).catch((problem: unknown) => this.unforeseen(process.name, problem)).then(lookAgain), RECONCILE_EVERY_MS);
    };
    const start = async (): Promise<void> => {
      try {
        await look(true);
      } catch (problem) {
        if (!isQueueProblem(problem)) this.unforeseen(process.name, problem);
        return this.kill(process); // a start that fails ends
      }
      api.rooms = rooms;
      lookAgain();
    };
    this.machine.later(process, 10, () => void start());
  }

  private startWorker(n: number): void {
    const process = this.machine.start(`worker ${n}`);
    const { machine, chances, server } = this;
    const { hangSeconds, checkpointSeconds } = chances.options;
    this.chances.trace(process, 'starts');
    const { store, events } = this.roomsOf(process);
    const consumer = new SimulatedConsumer(server, machine, chances, process);
    consumer.onError = (problem) => this.unforeseen(process.name, problem);
    this.workers[n] = { process, consumer };
    const children: WorkerRooms['children'] = {
      train: (task, supervision) => supervise<'train'>(new SimulatedChild(machine, chances, process, this.disk), task, supervision),
    };
    const worker = `${process.name} (${process.pid})`;
    // The queue double waits before a task is tried again.
    const rooms: WorkerRooms = { store, events, log: pino({ level: 'silent' }), children, limits: { hangSeconds, memoryBytes: 2 ** 32 }, retrySeconds: 0, checkpointSeconds, features: { folder: '/nowhere', mostBytes: 0 }, worker };
    const status: WorkerStatus = { id: worker, started_at: '', seen_at: '', engine: null, problem: null, running: [] };
    const announcements = new Announcements(consumer, status);
    this.machine.later(process, 10, () => {
      consumer.consume('train', announcements.showing((id, signal, held) => attemptJob(rooms, id, signal, held)));
      setInterval(() => void announcements.say().catch(() => undefined), ANNOUNCE_EVERY_MS);
    });
  }
}

const isGone = (one: Running | undefined): boolean => one === undefined || one.process.state === 'dead';

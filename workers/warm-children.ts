// Training children kept ready: started, engine loaded, waiting for their one task, so that a job need not wait for that.
import type { Logger } from 'pino';
import { threadClasses } from '#transfer/auto.js';
import { Child } from './child-process.js';
import type { TrainTask } from './protocol.js';
import { supervise, type ChildEnd, type Supervision } from './supervisor.js';

/** A child that ends while it waits is replaced after this, twice as long after each further one, until one is used. */
const FIRST_RESTART_AFTER_MS = 1_000;
const LONGEST_RESTART_AFTER_MS = 60_000;

export interface WarmOptions {
  /** Cores of this machine: they decide for which numbers of threads children are kept ready, and when there is room to start one. */
  cores: number;
  /** Children that wait for each number of threads; 0: each job gets a fresh child. */
  perClass: number;
  log: Logger;
}

export class WarmChildren {
  private readonly waiting: { child: Child; threads: number }[] = [];
  private starting: Child | undefined;
  private restart: NodeJS.Timeout | undefined;
  private diedWaiting = 0;
  /** Of the jobs at work. */
  private threadsAtWork = 0;
  private closed = false;

  constructor(private readonly options: WarmOptions) {
    this.fill();
  }

  /** Makes a training task in a child that waits for it, or in a fresh one. */
  async train(task: TrainTask, supervision: Supervision): Promise<ChildEnd<'train'>> {
    const { threads } = task.job.spec;
    this.threadsAtWork += threads;
    const watched: Supervision = {
      ...supervision,
      onReport: (report, makeRoom) => {
        supervision.onReport(report, makeRoom);
        // The next child, once this one's first steps are made.
        if (report.kind === 'progress') this.fill();
      },
    };
    try {
      const warm = this.take(threads);
      if (warm) {
        const end = await supervise<'train'>(warm, task, watched);
        // It had ended while it waited, and nobody had noticed yet: no fault of the job's.
        if (end.class !== 'infrastructure' || end.begun) return end;
      }
      return await supervise<'train'>(Child.start('train', { threads }), task, watched);
    } finally {
      this.threadsAtWork -= threads;
      this.fill();
    }
  }

  /** Ends the children that wait; resolves once they are gone. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.restart);
    const children = this.waiting.splice(0).map(({ child }) => child);
    for (const child of children) child.end();
    await Promise.all(children.map((child) => child.ended));
  }

  /** One that is not ready yet is further than a fresh one, too. */
  private take(threads: number): Child | undefined {
    const at = this.waiting.findIndex((one) => one.threads === threads);
    if (at < 0) return undefined;
    this.diedWaiting = 0;
    const { child } = this.waiting.splice(at, 1)[0]!;
    if (this.starting === child) this.starting = undefined;
    return child;
  }

  /**
   * Starts what is missing, one child after the other: loading the engine takes a core for half a second. Not while jobs have
   * all cores.
   */
  private fill(): void {
    const { cores, perClass } = this.options;
    if (this.closed || this.threadsAtWork >= cores || this.starting || this.restart) return;
    const missing = threadClasses(cores).find((threads) => this.waiting.filter((one) => one.threads === threads).length < perClass);
    if (missing !== undefined) this.startOne(missing);
  }

  private startOne(threads: number): void {
    const child = Child.start('train', { threads, warm: true });
    this.starting = child;
    this.waiting.push({ child, threads });
    child.onMessage(({ kind }) => {
      if (kind !== 'warm' || this.starting !== child) return;
      this.starting = undefined;
      this.fill();
    });
    void child.ended.then(({ how, stderr }) => {
      if (this.starting === child) this.starting = undefined;
      const at = this.waiting.findIndex((one) => one.child === child);
      if (at < 0) return; // taken, or ended by us
      this.waiting.splice(at, 1);
      this.restartLater(how, stderr);
    });
  }

  private restartLater(how: string, stderr: string): void {
    const delayMs = Math.min(FIRST_RESTART_AFTER_MS * 2 ** this.diedWaiting, LONGEST_RESTART_AFTER_MS);
    this.diedWaiting += 1;
    this.options.log.warn({ how, stderr, delayMs }, 'A training process ended while it waited for a job; another will be started.');
    clearTimeout(this.restart);
    this.restart = setTimeout(() => {
      this.restart = undefined;
      this.fill();
    }, delayMs);
  }
}

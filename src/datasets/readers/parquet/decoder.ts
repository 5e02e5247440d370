// The thread that decodes, seen from the reader: asked one thing at a time, ended when it does not answer in time.
import { Worker } from 'node:worker_threads';
import { programBeside } from '../../../config/programs.js';
import type { Cell } from '../../tables/table.js';
import type { Answer, Opened, Question, Reply } from './questions.js';

/**
 * Milliseconds of processor time that an answer may take where so many bytes of a file are decoded. Of processor time: on a machine that is busy or stood
 * still, a sound file takes no more of it.
 */
export type Patience = (bytes: number) => number;

/** A sound file takes a tenth of it at most. */
export const PATIENCE: Patience = (bytes) => 60_000 + (1_000 * bytes) / 2 ** 20;
const LOOK_EVERY_MS = 1_000;
const HEAP_MIB = 4_096;

/** What makes a file one that cannot be read. Any other failure is not the file's. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}

interface Waiting {
  readonly looks: NodeJS.Timeout;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (problem: Error) => void;
}

export class Decoder {
  private readonly thread = new Worker(programBeside(import.meta.url, './decode.js'), {
    env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  private waiting: Waiting | undefined;
  private dead: Error | undefined;
  private hasAnswered = false;

  constructor(private readonly patience: Patience = PATIENCE) {
    this.thread.on('message', (reply: Reply) => this.hear(reply));
    this.thread.on('error', (problem) => this.die(this.endedBy(problem)));
    this.thread.on('exit', () => this.die(new Undecodable('decoding it ended early')));
  }

  /** @param bytes of the whole file */
  async open(path: string, bytes: number): Promise<Opened> {
    return (await this.ask({ path }, bytes)) as Opened;
  }

  /** Decodes a row group of a file that is open. @param bytes it takes in the file */
  async decode(path: string, group: number, bytes: number): Promise<void> {
    await this.ask({ path, group }, bytes);
  }

  /** Some rows of the group that was decoded last; to be asked for from the first on. */
  async rows(from: number): Promise<readonly (readonly Cell[])[]> {
    return (await this.ask({ from }, 0)) as readonly (readonly Cell[])[];
  }

  /** Ends the thread, whatever it does; the files it had open are closed then. */
  async close(): Promise<void> {
    await this.thread.terminate();
  }

  private ask(question: Question, bytes: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      const patienceMs = this.patience(bytes);
      const start = process.cpuUsage();
      const look = (): void => {
        // Nothing else is at work in the process meanwhile.
        const { user, system } = process.cpuUsage(start);
        if ((user + system) / 1_000 >= patienceMs) this.die(new Undecodable('decoding it takes longer than a sound file of its size would'));
      };
      this.waiting = { looks: setInterval(look, Math.min(patienceMs, LOOK_EVERY_MS)), resolve, reject };
      this.thread.postMessage(question);
    });
  }

  private hear(reply: Reply): void {
    this.hasAnswered = true;
    const waiting = this.settle();
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(reply.system ? Object.assign(new Error(reply.problem), reply.system) : new Undecodable(reply.problem));
  }

  /** A thread that has never answered could not be started. */
  private endedBy(problem: NodeJS.ErrnoException): Error {
    if (problem.code === 'ERR_WORKER_OUT_OF_MEMORY') return new Undecodable('decoding it takes more memory than a sound file does');
    return this.hasAnswered ? new Undecodable(problem.message) : problem;
  }

  private die(problem: Error): void {
    this.dead ??= problem;
    this.settle()?.reject(this.dead);
  }

  private settle(): Waiting | undefined {
    const { waiting } = this;
    clearInterval(waiting?.looks);
    this.waiting = undefined;
    return waiting;
  }
}

// What is written down of an attempt, in the log of its job and in that of its worker: what the worker says, and what the child wrote to stderr, line by line. A log that cannot be written is no end of a job.
import type { Logger } from 'pino';
import type { LogLevel, LogLine } from '#contract/log-line.js';
import { JobLogWriter, type NewLine } from '#jobs/job-log.js';
import { lineOf } from '#logs/child-line.js';
import { redactor } from '#logs/redaction.js';
import type { Held } from '#queue/queue.js';
import type { Store } from '#store/store.js';

/** A longer line is cut off. */
const LONGEST_CHARACTERS = 4_000;
/** Lines of a child that writes faster than the disk takes it: more are left out, and counted. */
const MOST_WAITING = 1_000;
/** Below, a line is in the worker's log alone. */
const NOT_KEPT: readonly LogLevel[] = ['debug'];

export class AttemptLog {
  private readonly log: Logger;
  private readonly clean = redactor();
  private waiting: NewLine[] = [];
  private leftOut = 0;
  private writing: Promise<void> | undefined;
  private failed = false;

  private constructor(
    private readonly writer: JobLogWriter | undefined,
    log: Logger,
    private readonly attempt: number,
    private readonly held: Held,
  ) {
    this.log = log;
  }

  static async open(store: Store, log: Logger, job: string, attempt: number, held: Held): Promise<AttemptLog> {
    const ofAttempt = log.child({ job, attempt });
    const writer = await JobLogWriter.open(store, job).catch((problem: unknown) => {
      ofAttempt.warn({ err: problem }, 'the log of the job cannot be written');
      return undefined;
    });
    return new AttemptLog(writer, ofAttempt, attempt, held);
  }

  say(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
    this.log[level](fields, message);
    this.keep('worker', level, message, fields);
  }

  /** A line that the child wrote. */
  heard(text: string): void {
    const { level, message, fields } = lineOf(text);
    this.log[level]({ ...fields, source: 'child' }, message);
    this.keep('child', level, message, fields);
  }

  /** Resolves once all is written that can be. */
  async flush(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private keep(source: LogLine['source'], level: LogLevel, message: string, fields: Record<string, unknown>): void {
    if (!this.writer || NOT_KEPT.includes(level)) return;
    if (this.waiting.length >= MOST_WAITING) {
      this.leftOut += 1;
      return;
    }
    const detail = Object.keys(fields).length === 0 ? null : this.cut(typeof fields.stack === 'string' ? fields.stack : JSON.stringify(fields));
    this.waiting.push({ time: new Date().toISOString(), level, source, attempt: this.attempt, message: this.cut(message), detail });
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  private async write(): Promise<void> {
    // What is written is a batch of what came in one turn of the event loop, or while the one before was written.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      const { leftOut } = this;
      this.leftOut = 0;
      if (leftOut > 0) lines.push({ ...lines.at(-1)!, level: 'warn', source: 'worker', message: `${leftOut} lines were left out: they came faster than they could be written`, detail: null });
      try {
        // Whoever has the job by now may have ended and removed it: a line would bring its folder back.
        if (await this.held()) await this.writer!.write(lines);
      } catch (problem) {
        if (!this.failed) this.log.warn({ err: problem }, 'lines of the job’s log could not be written');
        this.failed = true;
      }
    }
  }

  private cut(text: string): string {
    const clean = this.clean(text);
    return clean.length <= LONGEST_CHARACTERS ? clean : `${clean.slice(0, LONGEST_CHARACTERS)}…`;
  }
}

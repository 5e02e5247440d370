// What an attempt leaves in the store while it runs: state, events, metrics, in the order they were told. The one writer of
// all three; it stops writing as soon as another attempt may have begun.
import type { EventLog, EventWriter } from '#events/event-log.js';
import type { EventData, EventType } from '#contract/event.js';
import { ServiceError } from '#contract/errors.js';
import { isTerminal, type JobStatus } from '#contract/job-states.js';
import { PUBLISHED_RUN } from '#contract/run.js';
import { listCheckpoints } from '#jobs/checkpoints.js';
import { JOB_STATE, metricsKey, type JobState } from '#jobs/records.js';
import { moved, readState } from '#jobs/state.js';
import { TryAgain, type Held } from '#queue/queue.js';
import { writeRecord, writeVolatileRecord } from '#store/records.js';
import type { Store } from '#store/store.js';
import type { CheckpointPublisher } from './checkpoint-publisher.js';
import type { Report } from './protocol.js';

/** Progress is told many times a second; it is stored about once. */
const PROGRESS_EVERY_MS = 500;

export class AttemptRecorder {
  private pending: Promise<void> = Promise.resolve();
  private progressStoredMs = 0;
  private failure: unknown;

  private constructor(
    private readonly store: Store,
    private readonly writer: EventWriter,
    private readonly id: string,
    private readonly attempt: number,
    private readonly held: Held,
    private readonly checkpoints: CheckpointPublisher,
    private state: JobState,
  ) {}

  /** Begins the attempt: the job is preparing, whatever an earlier attempt left behind. */
  static async open(store: Store, events: EventLog, id: string, attempt: number, held: Held, checkpoints: CheckpointPublisher): Promise<AttemptRecorder> {
    const writer = await events.openWriter(id);
    const now = new Date().toISOString();
    let state = await readState(store, id);
    // It has ended in this very moment: whoever takes the job up next finds the outcome.
    if (isTerminal(state.status)) throw new TryAgain(0);
    if (state.status !== 'queued') {
      state = moved(state, 'queued', now, 'its worker ended');
      await writer.append('job.queued', { reason: 'its worker ended' });
    }
    state = {
      ...moved(state, 'preparing', now, null),
      attempt,
      started_at: state.started_at ?? now,
      engine: null,
      cache: null,
      progress: null,
      metrics: {},
      runs: [],
    };
    const recorder = new AttemptRecorder(store, writer, id, attempt, held, checkpoints, state);
    await writer.append('job.preparing', { attempt });
    await recorder.storeState();
    return recorder;
  }

  /** The last step of training that the attempt told of, over all runs; 0 before the first. What trains nothing begins again each time: it gets nowhere by its examples. */
  get step(): number {
    const { progress } = this.state;
    return progress === null || progress.run === null ? 0 : progress.step;
  }

  /** Takes a report of the child; written in the order of the calls. */
  report(report: Report, makeRoom: (folder: string, kept: boolean) => void = () => undefined): void {
    this.enqueue(() => this.write(report, makeRoom));
  }

  /** The attempt ended without a result. */
  async attemptFailed(data: EventData<'job.attempt_failed'>): Promise<void> {
    this.enqueue(() => this.append('job.attempt_failed', data));
    await this.flush();
  }

  /** The attempt left off, so that a fresh process goes on. */
  async recycled(data: EventData<'job.recycled'>): Promise<void> {
    this.enqueue(() => this.append('job.recycled', data));
    await this.flush();
  }

  /** The job waits again, for another attempt. */
  async putBack(reason: string): Promise<void> {
    this.enqueue(async () => {
      await this.move('queued', reason);
      await this.append('job.queued', { reason });
    });
    await this.flush();
  }

  /** The job is put aside, as it was asked. */
  async park(): Promise<void> {
    this.enqueue(async () => {
      await this.append('job.paused', {});
      await this.move('paused', null);
    });
    await this.flush();
  }

  /** Waits until all that was told is written. @throws what kept it from being written */
  async flush(): Promise<void> {
    await this.pending;
    if (this.failure !== undefined) throw this.failure as Error;
    await this.writer.sync();
  }

  private enqueue(write: () => Promise<void>): void {
    const writeIfHeld = async (): Promise<void> => {
      if (await this.held()) await write();
    };
    this.pending = this.pending.then(writeIfHeld).catch((problem: unknown) => {
      this.failure ??= problem;
    });
  }

  private async write(report: Report, makeRoom: (folder: string, kept: boolean) => void): Promise<void> {
    switch (report.kind) {
      case 'engine':
        this.state = { ...this.state, engine: report.engine };
        await this.move('running', null);
        await this.append('job.running', { attempt: this.attempt, engine: report.engine });
        return;
      case 'event':
        await this.append(report.type, report.data);
        if (report.type === 'run.features_ready' && report.data.run === PUBLISHED_RUN) this.state = { ...this.state, cache: report.data.cache };
        if (report.type === 'epoch.finished' && report.data.run === PUBLISHED_RUN) await this.storeMetrics(report.data.metrics);
        return;
      case 'metrics':
        await this.store.append(
          metricsKey(this.id, this.attempt),
          report.points.map((point) => `${JSON.stringify(point)}\n`).join(''),
        );
        return;
      case 'measured':
      case 'progress':
        if (report.progress === null) return;
        this.state = { ...this.state, progress: report.progress };
        if (performance.now() - this.progressStoredMs >= PROGRESS_EVERY_MS) await this.storeProgress();
        return;
      case 'resumed':
        await this.goOn(report);
        return;
      case 'checkpoint': {
        const kept = await this.publish(report);
        makeRoom(await this.checkpoints.makeRoom(), kept);
        return;
      }
      case 'checkpoint_damaged':
      case 'checkpoint_failed':
        await this.append('job.checkpoint_failed', { checkpoint: report.name, error: report.error });
        if (report.kind === 'checkpoint_failed') makeRoom(await this.checkpoints.makeRoom(), false);
        return;
      case 'finalizing':
        await this.move('finalizing', null);
        await this.append('job.finalizing', { attempt: this.attempt });
    }
  }

  /** A checkpoint that cannot be kept, for want of space say, is told of; the run goes on. @returns whether it is kept */
  private async publish({ name, facts }: Extract<Report, { kind: 'checkpoint' }>): Promise<boolean> {
    const curves = metricsKey(this.id, this.attempt);
    const metricsBytes = (await this.store.sizeOf(curves)) ?? 0;
    try {
      // The attempt that goes on from here takes these curves over: they must last as the checkpoint does.
      if (metricsBytes > 0) await this.store.sync(curves);
      const published = await this.checkpoints.publish(name, facts, metricsBytes);
      if (!published) return false;
      const { id: checkpoint, run, step, size_bytes: bytes } = published;
      await this.append('job.checkpoint', { checkpoint, run, step, size_bytes: bytes });
      return true;
    } catch (problem) {
      if (!(problem instanceof ServiceError)) throw problem;
      await this.append('job.checkpoint_failed', { checkpoint: name, error: problem.toRecord() });
      return false;
    }
  }

  /** The curves up to the checkpoint are this attempt's too; what an earlier attempt told after it, this one tells again. */
  private async goOn({ checkpoint: name, run, step, metrics, differs }: Extract<Report, { kind: 'resumed' }>): Promise<void> {
    const from = (await listCheckpoints(this.store, this.id)).find((checkpoint) => checkpoint.name === name);
    const curves = from && (await this.store.get(metricsKey(this.id, from.attempt)));
    if (curves) await this.store.append(metricsKey(this.id, this.attempt), curves.subarray(0, from.metrics_bytes));
    this.state = { ...this.state, metrics };
    await this.append('job.resumed', {
      attempt: this.attempt, checkpoint: name, run: run.run, step, bit_comparable: differs.length === 0, differs,
    });
  }

  private async append<T extends EventType>(type: T, data: EventData<T>): Promise<void> {
    await this.writer.append(type, data);
  }

  private async move(to: JobStatus, reason: string | null): Promise<void> {
    this.state = moved(this.state, to, new Date().toISOString(), reason);
    await this.storeState();
  }

  private storeState(): Promise<void> {
    return writeRecord(this.store, JOB_STATE, this.id, this.state);
  }

  private async storeProgress(): Promise<void> {
    this.progressStoredMs = performance.now();
    await writeVolatileRecord(this.store, JOB_STATE, this.id, this.state);
  }

  private async storeMetrics(metrics: JobState['metrics']): Promise<void> {
    this.state = { ...this.state, metrics };
    await this.storeProgress();
  }
}


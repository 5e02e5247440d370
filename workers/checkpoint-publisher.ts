// Checkpoints as the worker sees them: room for the child to write the next, and publishing what it wrote.
import type { Checkpoint } from '#contract/checkpoint.js';
import { publishCheckpoint, type CheckpointFacts } from '#jobs/checkpoints.js';
import type { Staging, Store } from '#store/store.js';
import { releaseStaging, stageAttempt } from './attempt-staging.js';

export class CheckpointPublisher {
  private constructor(
    private readonly store: Store,
    private readonly job: string,
    private room: Staging,
  ) {}

  static async open(store: Store, job: string): Promise<CheckpointPublisher> {
    return new CheckpointPublisher(store, job, await stageAttempt(store, job));
  }

  /** Where the child may write. */
  get folder(): string {
    return this.room.path;
  }

  /** Publishes what lies in the room. The room is used up, whether that succeeds or not. @returns undefined for one that came too late */
  async publish(name: string, facts: CheckpointFacts, metricsBytes: number): Promise<Checkpoint | undefined> {
    const published = await publishCheckpoint(this.store, this.job, name, this.room, facts, metricsBytes);
    if (!published) await this.store.discard(this.room);
    return published;
  }

  /** Makes new room, without what a failed try left in the old one. @returns the folder */
  async makeRoom(): Promise<string> {
    await this.close();
    this.room = await stageAttempt(this.store, this.job);
    return this.folder;
  }

  async close(): Promise<void> {
    await this.store.discard(this.room);
    releaseStaging(this.room);
  }
}

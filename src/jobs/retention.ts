// Removes what is kept of ended jobs beyond its rules: first what only their attempts needed, then the jobs. What a job made, its
// model, is never touched. Runs on a timer beside workers and other API processes; which jobs go is decided in store/retention.ts.
import { isTerminal } from '../contract/job-states.js';
import type { Retention as Rules } from '../contract/system.js';
import { surplus, type Kept } from '../store/retention.js';
import type { Store } from '../store/store.js';
import { checkpointsPrefix } from './checkpoints.js';
import { findReadableJob, listJobIds } from './query.js';
import { attemptsPrefix, jobPrefix, type JobOutcome } from './records.js';

/** What went, of one kind. */
export interface Removed {
  count: number;
  bytes: number;
}

export interface Swept {
  jobs: Removed;
  checkpoints: Removed;
  /** What could not be removed, and why; the next sweep tries again. */
  failed: { id: string; problem: unknown }[];
}

/** An ended job: the bytes of its record, and of what its attempts left for those after them. */
interface EndedJob extends Kept {
  id: string;
  checkpointBytes: number;
}

export class Retention {
  /** An ended job does not change: it is looked at once. */
  private ended = new Map<string, EndedJob>();

  constructor(
    private readonly store: Store,
    private readonly rules: Pick<Rules, 'jobs' | 'checkpoints'>,
  ) {}

  async sweep(signal: AbortSignal, nowMs = Date.now()): Promise<Swept> {
    const swept: Swept = { jobs: { count: 0, bytes: 0 }, checkpoints: { count: 0, bytes: 0 }, failed: [] };
    await this.look(signal);
    const remove = async (id: string, removed: Removed, bytes: number, removal: () => Promise<boolean>): Promise<void> => {
      if (signal.aborted) return;
      try {
        if (!(await removal())) return; // a caller was faster, or another process
        removed.count += 1;
        removed.bytes += bytes;
      } catch (problem) {
        swept.failed.push({ id, problem });
      }
    };
    const jobs = [...this.ended.values()];
    const withCheckpoints = jobs.flatMap((job) => (job.checkpointBytes > 0 ? [{ job, sinceMs: job.sinceMs, bytes: job.checkpointBytes }] : []));
    for (const { job, bytes } of surplus(withCheckpoints, this.rules.checkpoints, nowMs)) {
      await remove(job.id, swept.checkpoints, bytes, () => this.removeCheckpoints(job));
    }
    for (const job of surplus(jobs, this.rules.jobs, nowMs)) {
      await remove(job.id, swept.jobs, job.bytes + job.checkpointBytes, () => this.removeJob(job));
    }
    return swept;
  }

  /** Takes note of what has ended since, and forgets what is gone. */
  private async look(signal: AbortSignal): Promise<void> {
    const known = this.ended;
    this.ended = new Map();
    for (const id of await listJobIds(this.store)) {
      const job = known.get(id) ?? (signal.aborted ? undefined : await this.endedJob(id));
      if (job) this.ended.set(id, job);
    }
  }

  private async endedJob(id: string): Promise<EndedJob | undefined> {
    const outcome = await this.concludedBy(id);
    if (!outcome) return undefined;
    const all = await bytesBelow(this.store, jobPrefix(id));
    let checkpointBytes = 0;
    for (const prefix of await this.attemptsOnly(id)) checkpointBytes += await bytesBelow(this.store, prefix);
    return { id, sinceMs: Date.parse(outcome.at), bytes: all - checkpointBytes, checkpointBytes };
  }

  /** Not the status that is shown: only once all of a job's end is true nobody writes there any more. */
  private async concludedBy(id: string): Promise<JobOutcome | undefined> {
    const stored = await findReadableJob(this.store, id);
    return stored && stored !== 'unreadable' && isTerminal(stored.state.status) ? stored.outcome : undefined;
  }

  /** What is of use only while attempts go on: checkpoints, and the curves of attempts before the last. */
  private async attemptsOnly(id: string): Promise<string[]> {
    const attempts = (await this.store.list(attemptsPrefix(id))).sort((a, b) => Number(a) - Number(b));
    return [checkpointsPrefix(id), ...attempts.slice(0, -1).map((attempt) => `${attemptsPrefix(id)}/${attempt}`)];
  }

  private async removeCheckpoints(job: EndedJob): Promise<boolean> {
    let found = false;
    for (const prefix of await this.attemptsOnly(job.id)) found = (await this.store.delete(prefix)) || found;
    job.checkpointBytes = 0;
    return found;
  }

  private async removeJob({ id }: EndedJob): Promise<boolean> {
    this.ended.delete(id);
    return (await this.concludedBy(id)) !== undefined && this.store.delete(jobPrefix(id));
  }
}

async function bytesBelow(store: Store, prefix: string): Promise<number> {
  let sum = 0;
  for (const name of await store.list(prefix)) {
    const key = `${prefix}/${name}`;
    sum += (await store.sizeOf(key)) ?? (await bytesBelow(store, key));
  }
  return sum;
}

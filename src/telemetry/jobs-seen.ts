// All jobs of the store, by type and state, and what those at work tell of themselves. A job that has ended does not change: it is read once.
import type { JobType } from '../contract/job.js';
import { isTerminal, type JobStatus } from '../contract/job-states.js';
import { findReadableJob, listJobIds, type StoredJob } from '../jobs/query.js';
import type { Store } from '../store/store.js';

export interface JobsSeen {
  counts: { type: JobType; state: JobStatus; count: number }[];
  /** Since when the job that waits longest waits, in milliseconds of the wall clock; undefined where none does. */
  oldestQueuedMs: number | undefined;
  /** Of running jobs. */
  rates: { type: JobType; examplesPerSecond: number }[];
}

interface Seen {
  type: JobType;
  state: JobStatus;
  queuedMs?: number;
  examplesPerSecond?: number;
}

/** Files that are read at a time: more than the threads that read, fewer than would keep others waiting. */
const AT_ONCE = 16;

export class JobsWatch {
  private ended = new Map<string, Seen>();

  constructor(private readonly store: Store) {}

  async look(): Promise<JobsSeen> {
    const ids = await listJobIds(this.store);
    const known = this.ended;
    this.ended = new Map();
    const seen: Seen[] = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const found = await Promise.all(some.map(async (id) => known.get(id) ?? this.read(id)));
      found.forEach((job, at) => {
        if (!job) return;
        seen.push(job);
        if (isTerminal(job.state)) this.ended.set(some[at]!, job);
      });
    }
    return together(seen);
  }

  /** Undefined for one that is gone or cannot be read. */
  private async read(id: string): Promise<Seen | undefined> {
    const stored = await findReadableJob(this.store, id);
    return stored === undefined || stored === 'unreadable' ? undefined : seenOf(stored);
  }
}

function seenOf({ job, state, status }: StoredJob): Seen {
  // Until all of its end is true it is looked at again, as what it was before.
  const shown = isTerminal(status) && !isTerminal(state.status) ? 'finalizing' : status;
  const queuedAt = state.history.findLast((change) => change.status === 'queued')?.at ?? job.created_at;
  return {
    type: job.type,
    state: shown,
    ...(shown === 'queued' && { queuedMs: Date.parse(queuedAt) }),
    ...(shown === 'running' && { examplesPerSecond: state.progress?.examples_per_second ?? 0 }),
  };
}

function together(seen: readonly Seen[]): JobsSeen {
  const counts = new Map<string, JobsSeen['counts'][number]>();
  let oldestQueuedMs: number | undefined;
  for (const { type, state, queuedMs } of seen) {
    const key = `${type} ${state}`;
    const counted = counts.get(key) ?? { type, state, count: 0 };
    counts.set(key, { ...counted, count: counted.count + 1 });
    if (queuedMs !== undefined) oldestQueuedMs = Math.min(oldestQueuedMs ?? Infinity, queuedMs);
  }
  const rates = seen.flatMap(({ type, examplesPerSecond }) => (examplesPerSecond === undefined ? [] : [{ type, examplesPerSecond }]));
  return { counts: [...counts.values()], oldestQueuedMs, rates };
}

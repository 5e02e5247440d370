// The rows of the list of jobs. What has ended changes no more, so that its row is read once and a filter over thousands of jobs asks memory.
import type { JobSummary } from '../contract/job.js';
import { isTerminal } from '../contract/job-states.js';
import type { Store } from '../store/store.js';
import { findReadableJob, summaryOf } from './query.js';

/** About 2 kB each. */
const MOST_KEPT = 20_000;

export class JobRows {
  /** Those that were kept first come first. */
  private readonly ended = new Map<string, JobSummary>();

  constructor(private readonly store: Store) {}

  /** @param id of a job that is listed in the store @returns undefined where it is there no more, or cannot be read */
  async find(id: string): Promise<JobSummary | undefined> {
    const kept = this.ended.get(id);
    if (kept) return kept;
    const stored = await findReadableJob(this.store, id);
    if (stored === undefined || stored === 'unreadable') return undefined;
    const row = summaryOf(stored);
    if (isTerminal(stored.status) && isTerminal(stored.state.status)) this.keep(row);
    return row;
  }

  private keep(row: JobSummary): void {
    this.ended.set(row.id, row);
    if (this.ended.size > MOST_KEPT) this.ended.delete(this.ended.keys().next().value!);
  }
}

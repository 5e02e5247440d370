// The state of a job and its moves, held to the table of states.
import { isTerminal, NEXT_STATES, type JobStatus } from '../contract/job-states.js';
import { isClosed } from '../events/lines.js';
import { readRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { JOB_STATE, LAST_STATE, type JobOutcome, type JobState } from './records.js';

/** A job that no worker has taken yet. */
export const QUEUED: JobState = {
  status: 'queued',
  attempt: 0,
  started_at: null,
  history: [],
  engine: null,
  cache: null,
  progress: null,
  metrics: {},
  runs: [],
};

/**
 * The state a job is in, or has ended in: whoever is told its last event finds it ended, and whoever finds it ended can read that event.
 * A worker that had stood still may write its own over `state.json` at any time; the last state is written once, and nobody's write changes it.
 */
export async function readState(store: Store, id: string): Promise<JobState> {
  const last = await readRecord(store, LAST_STATE, id);
  if (last && (await isClosed(store, id))) return last;
  return (await readRecord(store, JOB_STATE, id)) ?? QUEUED;
}

/**
 * The state after a move. States between, which nobody wrote down before a crash, are passed through: an attempt that ended
 * in success was finalizing, one that was cancelled was cancelling.
 * @throws RangeError where the table has no way: a mistake of the service, never of a caller
 */
export function moved(state: JobState, to: JobStatus, at: string, reason: string | null): JobState {
  const way = wayBetween(state.status, to);
  if (!way) throw new RangeError(`a job that is ${state.status} cannot become ${to}`);
  const changes = way.map((status) => ({ status, at, reason: status === to ? reason : null }));
  return { ...state, status: to, history: [...state.history, ...changes] };
}

/** The state of a job that has ended so. */
export const closed = (state: JobState, outcome: JobOutcome): JobState => ({
  ...moved(state, outcome.status, outcome.at, null),
  attempt: outcome.attempt,
  ...(outcome.status === 'succeeded' && { metrics: outcome.metrics, runs: outcome.runs }),
});

/** The state of a job whose end does not count, and whose attempts are over: it waits again. */
export function reopened(state: JobState, at: string, reason: string): JobState {
  const history = state.history.filter(({ status }) => !isTerminal(status) && status !== 'cancelling');
  const before: JobState = { ...state, history, status: history.at(-1)?.status ?? 'queued' };
  return before.status === 'queued' ? before : moved(before, 'queued', at, reason);
}

/** The shortest way along the table of states, without its start. */
function wayBetween(from: JobStatus, to: JobStatus): JobStatus[] | undefined {
  const seen = new Set<JobStatus>([from]);
  let ways: JobStatus[][] = [[]];
  while (ways.length > 0) {
    const longer: JobStatus[][] = [];
    for (const way of ways) {
      for (const next of NEXT_STATES[way.at(-1) ?? from] as readonly JobStatus[]) {
        if (next === to) return [...way, next];
        if (seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    }
    ways = longer;
  }
  return undefined;
}

// Whether a job that was made once more came to the same bytes, and if not, what the two had that was another.
import { trains } from '../contract/job-kinds.js';
import type { Reproduction } from '../contract/job.js';
import { differences } from '../engine/environment.js';
import type { Store } from '../store/store.js';
import { findJob, type StoredJob } from './query.js';
import type { JobOutcome } from './records.js';
import { resultReportKey } from './result.js';

/** @returns undefined of a job that reproduces none, null until it has succeeded */
export async function reproductionOf(store: Store, { job, status, outcome }: StoredJob): Promise<Reproduction | null | undefined> {
  const { reproduce_of: of } = job;
  if (of === undefined) return undefined;
  if (status !== 'succeeded' || outcome?.status !== 'succeeded') return null;
  const compared = job.model === null ? 'report' : 'weights';
  const first = await findJob(store, of);
  if (first?.outcome?.status !== 'succeeded') return { of, compared, agrees: null, differs: [] };
  const [theirs, own] = compared === 'weights' ? [first.outcome.weights_digest, outcome.weights_digest] : [await reportOf(store, of), await reportOf(store, job.id)];
  return { of, compared, agrees: theirs === null || own === null ? null : theirs === own, differs: reasons(first, outcome) };
}

type Succeeded = Extract<JobOutcome, { status: 'succeeded' }>;

function reasons({ outcome, job }: StoredJob, again: Succeeded): string[] {
  const first = outcome as Succeeded;
  const budget = !trains(job.spec) || job.spec.type === 'compare' ? null : job.spec.training.budget;
  return [
    ...(first.environment && again.environment ? differences(first.environment, again.environment) : ['not recorded']),
    ...(first.stop_reason === 'user_stop' || again.stop_reason === 'user_stop' ? ['stopped'] : []),
    ...(budget?.seconds !== undefined || budget?.job_seconds !== undefined ? ['budget of seconds'] : []),
  ];
}

/** Of this job alone: what a report begins with. Further in, a name is that of a class, a metric or a file. */
const OWN = { job: undefined, name: undefined };
/** Of the clock, wherever it stands. */
const TIMES: ReadonlySet<string> = new Set(['seconds', 'examples_per_second']);

/** As text, without what two jobs cannot have in common; null where it is there no more. That of an export has the SHA-256 of each of its files. */
async function reportOf(store: Store, id: string): Promise<string | null> {
  const bytes = await store.get(resultReportKey(id));
  if (!bytes) return null;
  const report = JSON.parse(bytes.toString('utf8')) as object;
  return JSON.stringify({ ...report, ...OWN }, (key, value: unknown) => (TIMES.has(key) ? undefined : value));
}

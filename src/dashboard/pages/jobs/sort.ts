// Orders of the list of jobs, within what was fetched.
import type { JobSummary } from '../../../contract/job.js';
import { leadMetric } from './lead-metric.js';

interface Sort {
  title: string;
  by: (job: JobSummary) => string | number;
  /** Greatest first. */
  isDown: boolean;
}

export const SORTS = {
  created: { title: 'newest', by: ({ created_at: created }) => created, isDown: true },
  name: { title: 'name', by: ({ name, id }) => (name ?? id).toLowerCase(), isDown: false },
  status: { title: 'state', by: ({ status }) => status, isDown: false },
  result: { title: 'result', by: ({ metrics }) => leadMetric(metrics)?.value ?? -Infinity, isDown: true },
  duration: { title: 'time taken', by: ({ started_at: started, finished_at: finished }) => (started && finished ? Date.parse(finished) - Date.parse(started) : -1), isDown: true },
} as const satisfies Record<string, Sort>;
export type SortName = keyof typeof SORTS;

export function sorted(jobs: readonly JobSummary[], name: SortName): JobSummary[] {
  const { by, isDown }: Sort = SORTS[name] ?? SORTS.created;
  const direction = isDown ? -1 : 1;
  return jobs.toSorted((left, right) => {
    const [one, other] = [by(left), by(right)];
    return one === other ? 0 : one < other ? -direction : direction;
  });
}

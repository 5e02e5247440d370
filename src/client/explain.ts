// What a model goes by: a job of the type `explain`, submitted, waited for, and its report.
import type { ExplainReport } from '../contract/explain-report.js';
import type { ExplainRequest } from '../contract/explain-request.js';
import { UnsuccessfulError } from './errors.js';
import type { Jobs } from './jobs.js';
import type { JobWaitOptions } from './live-job.js';

/**
 * @throws UnsuccessfulError where the job ends otherwise than with success
 */
export async function explain(jobs: Jobs, request: Omit<ExplainRequest, 'type'>, { idempotencyKey, ...options }: JobWaitOptions): Promise<ExplainReport> {
  const { id } = await jobs.submit({ ...request, type: 'explain' }, { ...options, idempotencyKey });
  const { status, error } = await jobs.wait(id, options);
  if (status !== 'succeeded') throw new UnsuccessfulError(id, status, error);
  return (await jobs.report(id, options)) as ExplainReport;
}

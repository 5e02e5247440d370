// Several plans held against each other: a job of the type `compare`, submitted, waited for, and its table.
import type { CompareReport } from '../contract/compare-report.js';
import type { CompareRequest } from '../contract/compare-request.js';
import { UnsuccessfulError } from './errors.js';
import type { Jobs } from './jobs.js';
import type { JobWaitOptions } from './live-job.js';

/**
 * @throws UnsuccessfulError where the job ends otherwise than with success
 */
export async function compare(jobs: Jobs, request: Omit<CompareRequest, 'type'>, { idempotencyKey, ...options }: JobWaitOptions): Promise<CompareReport> {
  const { id } = await jobs.submit({ ...request, type: 'compare' }, { ...options, idempotencyKey });
  const { status, error } = await jobs.wait(id, options);
  if (status !== 'succeeded') throw new UnsuccessfulError(id, status, error);
  return (await jobs.report(id, options)) as CompareReport;
}

// A model measured on a data set: a job of the type `evaluate`, submitted, waited for, and its report.
import type { EvaluateReport } from '../contract/evaluate-report.js';
import type { EvaluateRequest } from '../contract/evaluate-request.js';
import { UnsuccessfulError } from './errors.js';
import type { Jobs } from './jobs.js';
import type { JobWaitOptions } from './live-job.js';

/**
 * @throws UnsuccessfulError where the job ends otherwise than with success
 */
export async function evaluate(jobs: Jobs, request: Omit<EvaluateRequest, 'type'>, { idempotencyKey, ...options }: JobWaitOptions): Promise<EvaluateReport> {
  const { id } = await jobs.submit({ ...request, type: 'evaluate' }, { ...options, idempotencyKey });
  const { status, error } = await jobs.wait(id, options);
  if (status !== 'succeeded') throw new UnsuccessfulError(id, status, error);
  return (await jobs.report(id, options)) as EvaluateReport;
}

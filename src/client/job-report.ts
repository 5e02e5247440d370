// A job that is wanted for its report: submitted, waited for, and what it came to.
import type { AnyJobRequest } from '../contract/any-job-request.js';
import { UnsuccessfulError } from './errors.js';
import type { Jobs } from './jobs.js';
import type { JobWaitOptions } from './live-job.js';

/**
 * @returns the report, which is of the request's type
 * @throws UnsuccessfulError where the job ends otherwise than with success
 */
export async function reportOf<Report extends Awaited<ReturnType<Jobs['report']>>>(jobs: Jobs, request: AnyJobRequest, { idempotencyKey, ...options }: JobWaitOptions): Promise<Report> {
  const { id } = await jobs.submit(request, { ...options, idempotencyKey });
  const { status, error } = await jobs.wait(id, options);
  if (status !== 'succeeded') throw new UnsuccessfulError(id, status, error);
  return (await jobs.report(id, options)) as Report;
}

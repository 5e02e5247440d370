// A model in another format: a job of the type `export`, submitted, waited for, and its report.
import type { ExportReport } from '../contract/export-report.js';
import type { ExportRequest } from '../contract/export-request.js';
import { UnsuccessfulError } from './errors.js';
import type { Jobs } from './jobs.js';
import type { JobWaitOptions } from './live-job.js';

/**
 * @throws UnsuccessfulError where the job ends otherwise than with success
 */
export async function exportModel(jobs: Jobs, request: Omit<ExportRequest, 'type'>, { idempotencyKey, ...options }: JobWaitOptions): Promise<ExportReport> {
  const { id } = await jobs.submit({ ...request, type: 'export' }, { ...options, idempotencyKey });
  const { status, error } = await jobs.wait(id, options);
  if (status !== 'succeeded') throw new UnsuccessfulError(id, status, error);
  return (await jobs.report(id, options)) as ExportReport;
}

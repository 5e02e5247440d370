// A body of POST /v1/jobs, of whatever kind.
import { CompareRequest } from './compare-request.js';
import { EvaluateRequest } from './evaluate-request.js';
import { ExplainRequest } from './explain-request.js';
import { ExportRequest } from './export-request.js';
import { FineTuneRequest, LrFindRequest, PretrainRequest, type JobRequest } from './job-request.js';
import { discriminated } from './schema.js';

export const AnyJobRequest = discriminated('type', [PretrainRequest, FineTuneRequest, LrFindRequest, CompareRequest, EvaluateRequest, ExplainRequest, ExportRequest]);
export type AnyJobRequest = JobRequest | CompareRequest | EvaluateRequest | ExplainRequest | ExportRequest;

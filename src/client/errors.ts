// What a call may fail with. Every class is a RootstockError; all else that is thrown is a fault of the caller's, or the reason of its own signal.
import type { ErrorCode } from '../contract/errors.js';
import type { JobStatus } from '../contract/job-states.js';
import type { Problem } from '../contract/problem.js';
import { mayHelp } from './retry.js';

/**
 * Any failure of a call.
 * @example
 * const failure = await client.jobs.get('job_0').catch((error: unknown) => error);
 * if (!(failure instanceof RootstockError)) throw failure;
 * console.log(failure.message, failure.retryable);
 */
export class RootstockError extends Error {
  override readonly name: string = 'RootstockError';
  /** Whether the same call may succeed later. The client has tried `maxRetries` times already. */
  readonly retryable: boolean = false;
}

/**
 * The service refused or failed: what its problem document (RFC 9457) says.
 * @example
 * const failure = await client.datasets.get('ds_0').catch((error: unknown) => error);
 * if (!(failure instanceof ApiError)) throw failure;
 * console.log(failure.status, failure.code, failure.requestId); // 404 DATASET_NOT_FOUND …
 */
export class ApiError extends RootstockError {
  override readonly name: string = 'ApiError';
  override readonly retryable: boolean;
  /** Stable word for programs; docs/errors.md has them all. A proxy that answers in the place of the service has none: `UNKNOWN`. */
  readonly code: ErrorCode | 'UNKNOWN';
  /** What the log of the service has it under. */
  readonly requestId: string | undefined;
  /** Values of the request that are not acceptable, each with its JSON pointer. */
  readonly errors: Problem['errors'];

  constructor(
    readonly status: number,
    /** The whole document; undefined where the answer has none. */
    readonly problem: Problem | undefined,
    requestId: string | null,
  ) {
    const places = (problem?.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`);
    super(problem ? problem.detail + (problem.code === 'INVALID_REQUEST' ? places.join('') : '') : `The answer has status ${status} and says nothing of why.`);
    this.code = (problem?.code as ErrorCode | undefined) ?? 'UNKNOWN';
    this.requestId = problem?.request_id ?? requestId ?? undefined;
    this.errors = problem?.errors ?? [];
    this.retryable = mayHelp(status, this.code);
  }

  /** The class of an answer's status. */
  static of(status: number, problem: Problem | undefined, requestId: string | null): ApiError {
    const Failure = BY_STATUS[status] ?? (status >= 500 ? ServerError : ApiError);
    return new Failure(status, problem, requestId);
  }
}

/**
 * 400 and 422: the request cannot be read, or is wrong; `errors` says where.
 * @example
 * const failure = await client.jobs.submit({ type: 'pretrain', dataset: 'ds_0', model: { architecture: 'mlp' } }).catch((error: unknown) => error);
 * if (!(failure instanceof InvalidRequestError)) throw failure;
 * console.log(failure.errors.map(({ pointer }) => pointer)); // ['/dataset']
 */
export class InvalidRequestError extends ApiError {
  override readonly name = 'InvalidRequestError';
}

/**
 * 401 and 403: no key, a wrong one, or one that may only read.
 * @example
 * const refused = (error: unknown) => error instanceof AccessError;
 */
export class AccessError extends ApiError {
  override readonly name = 'AccessError';
}

/**
 * 404.
 * @example
 * const model = await client.models.get('mdl_0').catch((error: unknown) => {
 *   if (error instanceof NotFoundError) return undefined;
 *   throw error;
 * });
 */
export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError';
}

/**
 * 409: the state of the thing forbids it.
 * @example
 * const failure = await client.jobs.pause(finishedJob).catch((error: unknown) => error);
 * console.log(failure instanceof ConflictError && failure.code); // ACTION_NOT_ALLOWED
 */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError';
}

/**
 * 429: too much at once; tried again after `Retry-After`.
 * @example
 * const busy = (error: unknown) => error instanceof RateLimitError;
 */
export class RateLimitError extends ApiError {
  override readonly name = 'RateLimitError';
}

/**
 * 500 and above: the service is at fault, or lacks something.
 * @example
 * const theirs = (error: unknown) => error instanceof ServerError;
 */
export class ServerError extends ApiError {
  override readonly name = 'ServerError';
}

/**
 * No answer came, or it broke off.
 * @example
 * const nobody = new Rootstock({ url: 'http://127.0.0.1:2', maxRetries: 0 });
 * const failure = await nobody.system.get().catch((error: unknown) => error);
 * console.log(failure instanceof ConnectionError); // true
 */
export class ConnectionError extends RootstockError {
  override readonly name: string = 'ConnectionError';
  override readonly retryable = true;
}

/**
 * No answer within `timeoutMs`, or a job that has not ended within the time that `wait` was given.
 * @example
 * const failure = await client.jobs.wait(longJob, { waitMs: 50 }).catch((error: unknown) => error);
 * console.log(failure instanceof TimeoutError); // true
 */
export class TimeoutError extends ConnectionError {
  override readonly name = 'TimeoutError';
}

/**
 * Bytes came that are not those the service said: nothing of them should be used.
 * @example
 * const damaged = (error: unknown) => error instanceof DigestError;
 */
export class DigestError extends RootstockError {
  override readonly name = 'DigestError';
  override readonly retryable = true;
}

/**
 * A data set or model became invalid, or a job ended otherwise than with success, where a result was waited for.
 * @example
 * const failure = await client.datasets.wait(brokenDataset).catch((error: unknown) => error);
 * console.log(failure instanceof UnsuccessfulError && failure.failure?.code); // IDX_CORRUPT
 */
export class UnsuccessfulError extends RootstockError {
  override readonly name = 'UnsuccessfulError';
  constructor(
    readonly id: string,
    readonly status: JobStatus | 'invalid',
    /** Why, where there is a reason: that of a cancelled job is null. */
    readonly failure: { code: string; message: string; retryable: boolean } | null,
  ) {
    super(`${id} is ${status}${failure ? `: ${failure.message}` : '.'}`);
  }
}

const BY_STATUS: Readonly<Record<number, typeof ApiError>> = {
  400: InvalidRequestError, 401: AccessError, 403: AccessError, 404: NotFoundError, 409: ConflictError, 422: InvalidRequestError, 429: RateLimitError,
};

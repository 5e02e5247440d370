// What can go wrong on the way to a file and back, as failures that a caller can act on.
import { ServiceError } from '../contract/errors.js';

interface NetworkError {
  code?: string;
  name?: string;
  cause?: unknown;
}

/** By the code of Node or undici. */
const PASSING: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'it could not be connected to in time',
  UND_ERR_HEADERS_TIMEOUT: 'it was connected to and did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it stopped sending in the middle of the file',
  UND_ERR_SOCKET: 'the connection was lost',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'it sent another number of bytes than it said',
  UND_ERR_REQ_RETRY: 'the connection was lost',
  UND_ERR_ABORTED: 'the connection was lost',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
  ETIMEDOUT: 'it could not be connected to in time',
  EHOSTUNREACH: 'no way leads there at the moment',
  ENETUNREACH: 'no way leads there at the moment',
  EAI_AGAIN: 'its name could not be looked up at the moment',
};
const TLS = /CERT|TLS|SSL|^EPROTO$|^UNABLE_TO/;

/** A failure of the network as ours; all others, those of the disk among them, as they are. */
export function failureOf(problem: unknown, deadline: AbortSignal): unknown {
  if (problem instanceof ServiceError) return problem;
  if (deadline.aborted) return ServiceError.of('FETCH_FAILED', 'it took too long');
  const code = codeOf(problem);
  if (code === undefined) return problem;
  if (code in PASSING) return withCause('FETCH_UNAVAILABLE', PASSING[code]!, problem);
  if (code === 'ENOTFOUND') return withCause('FETCH_FAILED', 'no host has its name', problem);
  if (TLS.test(code)) return withCause('FETCH_FAILED', `no safe connection can be made (${code})`, problem);
  if (code.startsWith('HPE_') || code.startsWith('UND_ERR_')) return withCause('FETCH_FAILED', `the answer is no sound HTTP (${code})`, problem);
  return problem;
}

/** Where both families of addresses were tried in vain, the last attempt tells. */
function codeOf(problem: unknown): string | undefined {
  const { code, cause, name } = problem as NetworkError;
  if (problem instanceof AggregateError && problem.errors.length > 0) return codeOf(problem.errors.at(-1));
  if (typeof code === 'string') return code;
  if (name === 'HTTPParserError') return 'HPE_PROTOCOL'; // undici's own parser error has a code for some causes only
  return cause === undefined ? undefined : codeOf(cause);
}

const withCause = (code: 'FETCH_FAILED' | 'FETCH_UNAVAILABLE', why: string, cause: unknown): ServiceError => Object.assign(ServiceError.of(code, why), { cause });

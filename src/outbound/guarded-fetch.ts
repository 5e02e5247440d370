// Gets a file from a web address that a caller named: it goes where `allowed.ts` lets it, follows few redirects, counts bytes and time
// while they pass, decodes nothing, keeps no cookies, and tells nothing of what the other side said.
import { request, type Agent, type Dispatcher } from 'undici';
import { ServiceError } from '../contract/errors.js';
import { errandOf, type ErrandOptions, type FetchTimes } from './agent.js';
import { whyNotAllowed, type Reach } from './allowed.js';
import { failureOf } from './failure.js';

export type { FetchTimes } from './agent.js';

export interface FetchOptions extends ErrandOptions {
  /** Most bytes of the file. */
  maxBytes: number;
  /** @default TIMES */
  times?: FetchTimes;
}

export const TIMES: FetchTimes = { connectMs: 10_000, firstByteMs: 30_000, stallMs: 30_000, wholeMs: 3_600_000 };

const MOST_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

export interface Fetched {
  /** Where the file was found, after redirects. */
  url: string;
  /** Its name, as the last part of that address. */
  name: string;
  /** Its bytes as they came; each piece is there until the next is asked for. */
  body: AsyncIterable<Buffer>;
}

/** Whether an address may be tried at all. @throws URL_NOT_ALLOWED */
export function checkUrl(url: string, reach: Reach): void {
  const why = whyNotAllowed(url, reach);
  if (why !== undefined) throw ServiceError.of('URL_NOT_ALLOWED', why).at('/url');
}

/**
 * Fetches one file and hands it to `take`, which reads its body to the end. Connections are closed when that has settled.
 * @throws URL_NOT_ALLOWED, FETCH_BLOCKED for a name or redirect that leads where it may not, FETCH_FAILED for an answer that is of no use,
 * FETCH_UNAVAILABLE where another try may have more luck, UPLOAD_TOO_LARGE; and what `take` throws
 */
export async function guardedFetch<T>(url: string, options: FetchOptions, take: (file: Fetched) => Promise<T>): Promise<T> {
  checkUrl(url, options);
  const { agent, deadline, signal } = errandOf(options, options.times ?? TIMES);
  try {
    const found = await follow(url, options, agent, signal);
    return await take({ ...found, body: counted(found.body, options.maxBytes, deadline) });
  } catch (problem) {
    throw failureOf(problem, deadline);
  } finally {
    await agent.destroy();
  }
}

interface Found {
  url: string;
  name: string;
  body: AsyncIterable<Buffer>;
}

async function follow(start: string, reach: Reach & Pick<FetchOptions, 'maxBytes'>, dispatcher: Agent, signal: AbortSignal): Promise<Found> {
  let url = start;
  for (let hops = 0; ; hops++) {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      signal,
      headers: { 'user-agent': 'rootstock', accept: '*/*', 'accept-encoding': 'identity' },
    });
    if (statusCode === 200) {
      if (Number(headers['content-length'] ?? 0) > reach.maxBytes) throw tooLarge(reach.maxBytes);
      return { url, name: nameOfUrl(url), body };
    }
    abandon(body);
    if (!REDIRECTS.includes(statusCode)) throw statusFailure(statusCode);
    if (hops === MOST_REDIRECTS) throw ServiceError.of('FETCH_FAILED', `it redirects more than ${MOST_REDIRECTS} times`);
    url = redirected(url, headers.location, reach);
  }
}

/** Where a redirect leads. @throws FETCH_BLOCKED where that is not allowed, FETCH_FAILED where it leads nowhere */
function redirected(from: string, location: string | string[] | undefined, reach: Reach): string {
  if (typeof location !== 'string' || !URL.canParse(location, from)) throw ServiceError.of('FETCH_FAILED', 'it redirects to no address');
  const to = new URL(location, from);
  const why = from.startsWith('https:') && to.protocol === 'http:' ? 'leads from https to http' : whyNotAllowed(to.href, reach);
  if (why !== undefined) throw ServiceError.of('FETCH_BLOCKED', new URL(from).hostname, `it redirects to an address that ${why}`);
  return to.href;
}

/** Not read to its end, which nobody knows to come; the connection goes with it. */
function abandon(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined).destroy();
}

/** RFC 9110: too early, too many, and what a server says of its own troubles pass. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];
const statusFailure = (status: number): ServiceError => ServiceError.of(PASSING.includes(status) ? 'FETCH_UNAVAILABLE' : 'FETCH_FAILED', `the answer is status ${status}`);

const tooLarge = (maxBytes: number): ServiceError => ServiceError.of('UPLOAD_TOO_LARGE', `the ${maxBytes} bytes accepted`);

async function* counted(body: AsyncIterable<Buffer>, maxBytes: number, deadline: AbortSignal): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield piece;
    }
  } catch (problem) {
    throw failureOf(problem, deadline);
  }
  if (bytes === 0) throw ServiceError.of('FETCH_FAILED', 'the file is empty');
}

/** What a file is called at an address: the last part of its path. */
export function nameOfUrl(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || 'file';
  } catch {
    return last || 'file';
  }
}

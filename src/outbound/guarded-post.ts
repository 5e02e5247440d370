// Sends a few bytes to a web address that a caller named. As guarded-fetch.ts it goes where `allowed.ts` lets it; it follows no redirect,
// and of the answer it keeps the status, and when to come again.
import { request, type Dispatcher } from 'undici';
import { ServiceError } from '../contract/errors.js';
import { errandOf, type ErrandOptions, type FetchTimes } from './agent.js';
import { whyNotAllowed, type Reach } from './allowed.js';
import { failureOf } from './failure.js';

export interface PostOptions extends ErrandOptions {
  /** @default POST_TIMES */
  times?: FetchTimes;
}

/** Standard Webhooks 1.0.0 recommends 15 to 30 seconds ("Request timeouts"). One limit for all of it: of two that end together either may be told. */
export const POST_TIMES: FetchTimes = { connectMs: 10_000, firstByteMs: 0, stallMs: 0, wholeMs: 15_000 };

/** What is read of an answer's body, in bytes, so that who sends a short one can send all of it. */
const MOST_ANSWER_BYTES = 65_536;

/** Whether an address may be sent to at all: https, or with `allowPrivate` http too. @throws URL_NOT_ALLOWED */
export function checkPostUrl(url: string, reach: Reach): void {
  const isPlain = URL.canParse(url) && new URL(url).protocol === 'http:';
  const why = whyNotAllowed(url, reach) ?? (isPlain && !reach.allowPrivate ? 'must begin with https://' : undefined);
  if (why !== undefined) throw ServiceError.of('URL_NOT_ALLOWED', why).at('/url');
}

export interface Posted {
  /** Of the answer, whatever it is. */
  status: number;
  /** What Retry-After asks for, where it is a number of seconds; else 0. */
  retryAfterMs: number;
}

/**
 * Sends a body by POST.
 * @throws URL_NOT_ALLOWED, FETCH_BLOCKED for a name that leads where it may not, FETCH_FAILED, FETCH_UNAVAILABLE
 */
export async function guardedPost(url: string, headers: Record<string, string>, body: string, options: PostOptions): Promise<Posted> {
  checkPostUrl(url, options);
  const { agent, deadline, signal } = errandOf(options, options.times ?? POST_TIMES);
  try {
    const sent = { 'user-agent': 'rootstock', accept: '*/*', 'accept-encoding': 'identity', ...headers };
    const answer = await request(url, { method: 'POST', dispatcher: agent, signal, headers: sent, body });
    await readAway(answer.body);
    const asked = String(answer.headers['retry-after'] ?? '');
    return { status: answer.statusCode, retryAfterMs: /^\d{1,9}$/.test(asked) ? Number(asked) * 1_000 : 0 };
  } catch (problem) {
    throw failureOf(problem, deadline);
  } finally {
    await agent.destroy();
  }
}

/** The status is said by then: a body that stalls, breaks off or does not end takes nothing back. */
async function readAway(body: Dispatcher.ResponseData['body']): Promise<void> {
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += (piece as Buffer).length;
      if (bytes > MOST_ANSWER_BYTES) return;
    }
  } catch {
    // The connection goes in any case.
  }
}

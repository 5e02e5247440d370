// One logical call: its tries, its time, its failures. Everything that the client sends goes through here.
import { v4 as uuid } from 'uuid';
import type { Problem } from '../contract/problem.js';
import { ApiError, RootstockError } from './errors.js';
import type { CallOptions, ClientOptions } from './options.js';
import { queryOf, type Query } from './query.js';
import { mayHelp, pause, waitBefore } from './retry.js';
import { Patience } from './patience.js';

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD';
  query?: Query;
  headers?: Record<string, string>;
  /** A form is made anew by each try. */
  body?: string | Blob | FormData;
}

const DEFAULTS = { url: 'http://127.0.0.1:7070', maxRetries: 2, timeoutMs: 60_000 };

export class Connection {
  private readonly url: string;
  /** What a call goes by that does not say. */
  readonly usual: { maxRetries: number; timeoutMs: number };
  private readonly key: string | undefined;
  private readonly send: NonNullable<ClientOptions['fetch']>;

  constructor({ url, apiKey, maxRetries, timeoutMs, fetch: given }: ClientOptions) {
    this.url = (url ?? DEFAULTS.url).replace(/\/+$/, '');
    this.key = apiKey;
    this.usual = { maxRetries: maxRetries ?? DEFAULTS.maxRetries, timeoutMs: timeoutMs ?? DEFAULTS.timeoutMs };
    // Called as a function of its own: browsers refuse `fetch` with another `this`.
    this.send = given ?? ((address, init) => fetch(address, init));
  }

  /** The JSON of an answer. */
  async json<T>(path: string, call: Call = {}, options: CallOptions = {}): Promise<T> {
    return this.read(path, call, options, (response) => response.json() as Promise<T>);
  }

  /** JSON sent and received. */
  post<T>(path: string, body: unknown, options: CallOptions = {}, query: Query = {}): Promise<T> {
    return this.json(path, { method: 'POST', query, ...jsonBody(body) }, options);
  }

  /** An answer without a body. Where a DELETE was tried before and now finds nothing, that try did it. */
  async delete(path: string, options: CallOptions = {}, headers: Record<string, string> = {}, query: Query = {}): Promise<void> {
    await this.read(path, { method: 'DELETE', headers, query }, options, (response) => response.arrayBuffer());
  }

  /** An answer that is read whole: broken off, it is asked for again. */
  read<T>(path: string, call: Call, options: CallOptions, take: (response: Response) => Promise<T>): Promise<T> {
    return this.tries(call, options, async (headers, retry) => {
      const { response, patience } = await this.begin(path, { ...call, headers }, options, retry);
      try {
        return await patience.during(take(response));
      } finally {
        patience.end();
      }
    });
  }

  /** An answer whose body is read as it comes; `patience` is told of each piece, and ended. */
  open(path: string, call: Call, options: CallOptions): Promise<{ response: Response; patience: Patience }> {
    return this.tries(call, options, (headers, retry) => this.begin(path, { ...call, headers }, options, retry));
  }

  private async tries<T>(call: Call, options: CallOptions, once: (headers: Record<string, string>, retry: number) => Promise<T>): Promise<T> {
    const headers = {
      accept: 'application/json',
      ...(call.method === 'POST' && { 'idempotency-key': options.idempotencyKey ?? uuid() }),
      ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
      ...call.headers,
    };
    const most = options.maxRetries ?? this.usual.maxRetries;
    for (let retry = 0; ; retry++) {
      options.signal?.throwIfAborted();
      try {
        return await once(headers, retry);
      } catch (error) {
        if (!(error instanceof RootstockError && error.retryable) || retry >= most) throw error;
        const wait = waitBefore(retry, RETRY_AFTER.get(error) ?? null);
        if (wait === undefined) throw error;
        await pause(wait, options.signal);
      }
    }
  }

  /** One try, up to its status and headers. @throws ApiError, ConnectionError, TimeoutError, the reason of the signal */
  private async begin(path: string, { method = 'GET', query, headers, body }: Call, options: CallOptions, retry: number): Promise<{ response: Response; patience: Patience }> {
    const patience = new Patience(options.timeoutMs ?? this.usual.timeoutMs, options.signal);
    try {
      const init = { method, headers: headers ?? {}, signal: patience.signal, ...(body !== undefined && { body }) };
      const response = await patience.during(this.send(this.url + path + queryOf(query ?? {}), init));
      if (response.ok || response.status === 304 || (method === 'DELETE' && retry > 0 && response.status === 404)) return { response, patience };
      throw failureOf(response, await patience.during(response.text()));
    } catch (error) {
      patience.end();
      throw error;
    }
  }
}

const RETRY_AFTER = new WeakMap<Error, string>();

function failureOf({ status, headers }: Response, text: string): ApiError {
  const failure = ApiError.of(status, problemOf(text), headers.get('x-request-id'));
  const retryAfter = headers.get('retry-after');
  if (retryAfter !== null && mayHelp(status, failure.code)) RETRY_AFTER.set(failure, retryAfter);
  return failure;
}

function problemOf(text: string): Problem | undefined {
  try {
    const found = JSON.parse(text) as Problem;
    return typeof found.code === 'string' ? found : undefined;
  } catch {
    return undefined; // of a proxy on the way, in HTML or nothing at all
  }
}

export const jsonBody = (body: unknown): Pick<Call, 'headers' | 'body'> =>
  body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };

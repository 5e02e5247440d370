// What a client, and each of its calls, may be told.

/** How a client reaches its service. */
export interface ClientOptions {
  /**
   * Address of the service, with or without a path that a proxy put before it.
   * @default 'http://127.0.0.1:7070'
   */
  url?: string | undefined;
  /** API_KEY or READ_ONLY_KEY of the service, sent as `Authorization: Bearer`. @default none */
  apiKey?: string | undefined;
  /** Tries after the first one, where trying again may help. @default 2 */
  maxRetries?: number | undefined;
  /** How long one try may take until its answer begins, and then between two pieces of a body that is read as it comes; in milliseconds. @default 60_000 */
  timeoutMs?: number | undefined;
  /** Sends a request. For tests, proxies, or printing what would be sent. @default the global `fetch` */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** What any call takes as its last argument. */
export interface CallOptions {
  /** Ends the call: it rejects with the reason of the signal. @default never */
  signal?: AbortSignal | undefined;
  /** Of this call, in milliseconds. @default that of the client, 60_000 */
  timeoutMs?: number | undefined;
  /** Of this call. @default that of the client, 2 */
  maxRetries?: number | undefined;
  /** Of a POST: the same for all tries of the call. Give one of your own where the call may be made again by another process. @default a random UUID */
  idempotencyKey?: string | undefined;
}

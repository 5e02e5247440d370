// Connections to the Valkey or Redis behind queue and events, and what is said when it is away.
import { Redis, type Command } from 'ioredis';
import type { Logger } from 'pino';
import { ServiceError } from '../contract/errors.js';
import { isOlder, OLDEST_VERSION } from './queue-server.js';

/** Where the server is: the socket of the embedded one, or a REDIS_URL. */
export type QueueConnection = { readonly socketPath: string } | { readonly url: string };

/** How long a caller of the API may be kept waiting by a server that is away. */
export const ANSWER_WITHIN_MS = 2_000;

// Answers at once or not at all: a request must not hang because the queue does.
const FAIL_FAST = { answerWithinMs: ANSWER_WITHIN_MS, options: { enableOfflineQueue: false, maxRetriesPerRequest: 1 } };
// Waits as long as it takes: a worker goes on when the server is back. BullMQ asks for `null` here.
const PATIENT = { answerWithinMs: Infinity, options: { maxRetriesPerRequest: null } };
// Waits for a connection that is being made, gives up when it cannot be.
const BRIEF = { answerWithinMs: ANSWER_WITHIN_MS, options: { maxRetriesPerRequest: 1 } };

const KINDS = { 'fail-fast': FAIL_FAST, patient: PATIENT, brief: BRIEF };

/**
 * Where one answer did not come in time, none would: the connection is made anew. A server that stands still takes it and says nothing, so
 * that it is not ready, and calls that wait for no connection fail at once, until the server goes on.
 */
class WaitsOnce extends Redis {
  /** Infinity: as long as it takes. */
  answerWithinMs = Infinity;

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    // What BullMQ and ioredis ask for themselves may fail with its connection, and is nobody's to hear of.
    const answered = this.answerWithinMs < Infinity ? this.giveUpOn(command) : (): void => undefined;
    command.promise.then(answered, answered);
    return super.sendCommand(command, stream);
  }

  private giveUpOn(command: Command): () => void {
    return afterHearing(this.answerWithinMs, () => {
      command.reject(new Error('Command timed out'));
      if (this.status === 'ready') this.disconnect(true);
    });
  }
}

/**
 * Acts once the time has passed and what came meanwhile was heard: a process that was busy itself, as at its start, reads its sockets after its
 * timers (Node.js, "The event loop"), and would take an answer that lies there for one that did not come.
 * @returns ends the waiting
 */
function afterHearing(ms: number, act: () => void): () => void {
  let heard: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (heard = setImmediate(act)), ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(heard);
  };
}

/** A connection that is made and made again in the background. `onOutage` hears of each outage once, and of its end. */
export function connect(
  connection: QueueConnection,
  kind: keyof typeof KINDS,
  onOutage: (error: Error | undefined) => void = () => undefined,
): Redis {
  const { answerWithinMs, options } = KINDS[kind];
  const all = { ...options, keepAlive: 10_000, retryStrategy: (times: number) => Math.min(50 * times, 1_000) };
  const client = 'url' in connection ? new WaitsOnce(connection.url, all) : new WaitsOnce({ ...all, path: connection.socketPath });
  client.answerWithinMs = answerWithinMs;
  let away = false;
  client.on('error', (error: Error) => {
    if (!away) onOutage(error);
    away = true;
  });
  client.on('ready', () => {
    if (away) onOutage(undefined);
    away = false;
  });
  return client;
}

/** Fails where there is no answer in time; what was asked may come true all the same. */
export function bounded<T>(work: Promise<T>, limitMs = ANSWER_WITHIN_MS): Promise<T> {
  let answered: (() => void) | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    answered = afterHearing(limitMs, () => reject(new Error(`no answer within ${limitMs} ms`)));
  });
  return Promise.race([work, tooLong]).finally(answered);
}

/** Whether the server answers on this connection, as one that is well does at once. */
export const answers = (client: Redis): Promise<boolean> => bounded(client.ping(), 1_000).then(() => true, () => false);

/** Says in the log when the server goes away and when it is back. */
export const logOutages =
  (log: Logger, what: string) =>
  (error: Error | undefined): void => {
    if (error) log.warn({ err: error }, `${what}: the queue server does not answer; trying again.`);
    else log.info(`${what}: the queue server answers again.`);
  };

/**
 * Name and version of the server, such as "valkey 9.1.2".
 * @throws Error if it is older than 6.2.
 */
export async function serverOf(client: Redis): Promise<string> {
  return serverFromInfo(await client.info('server'));
}

/** The same, from the answer to INFO. Valkey names the Redis version that it stands for as well. */
export function serverFromInfo(info: string): string {
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
  const redis = /^redis_version:(\S+)/m.exec(info)?.[1] ?? '0';
  const server = valkey === undefined ? `redis ${redis}` : `valkey ${valkey}`;
  if (isOlder(valkey ?? redis, OLDEST_VERSION)) {
    throw new Error(`The queue needs Valkey or Redis ${OLDEST_VERSION} or newer; the server is ${server}.`);
  }
  return server;
}

// Answers of a server that is there but takes nothing at the moment: disk or memory full, starting, replica.
const REFUSALS = /^(MISCONF|OOM|LOADING|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN|UNBLOCKED|NOAUTH)\b/;

/** True for errors that say that the server is away or takes nothing, not that the command was wrong. */
export function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.name === 'ReplyError' ? REFUSALS.test(error.message) : 'syscall' in error || OUTAGES.test(error.message);
}

// What ioredis 6 says; errors of the socket itself name a system call.
const OUTAGES = /^(Connection is closed|Command timed out|Stream isn't writeable|Reached the max retries)|connect ETIMEDOUT/;

/** Which failure of the queue an outage is: what Redis calls OOM, MISCONF and READONLY is said in words of ours. */
function codeOf({ message }: Error) {
  if (message.startsWith('OOM')) return 'QUEUE_FULL';
  return /^(MISCONF|READONLY)/.test(message) ? 'QUEUE_READONLY' : 'QUEUE_UNAVAILABLE';
}

/** The same, with an outage as QUEUE_UNAVAILABLE, QUEUE_FULL or QUEUE_READONLY. */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isOutage(error)) throw error;
    throw Object.assign(ServiceError.of(codeOf(error)), { cause: error });
  }
}

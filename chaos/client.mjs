// A client of the service under test, as any other: HTTP alone. Each call that may change something is in the operation log.
import { setTimeout as delay } from 'node:timers/promises';

const ANSWERS_WITHIN_SECONDS = 10;
const AGAIN_AFTER_MS = 100;

/**
 * How a call went: "ok" it was done; "fail" it was not; "unknown" it may have been (no answer, or a 5xx).
 * @typedef {{ outcome: 'ok' | 'fail' | 'unknown', status: number, body: any, seconds: number }} Answer status 0: no answer
 */

export class Client {
  #operations = 0;

  /** @param {import('./operation-log.mjs').OperationLog} log @param {() => string} url where the service is at the moment */
  constructor(log, url) {
    this.log = log;
    this.url = url;
  }

  /** What is there; undefined where the service does not answer or it is not there. Reads change nothing and are not logged. @param {string} path */
  async read(path) {
    const { status, body } = await this.#send('GET', path, {});
    return status === 200 ? body : undefined;
  }

  /** The answer to a read, with its status and how long it took. @param {string} path */
  get(path) {
    return this.#send('GET', path, {});
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Answer>}
   */
  async post(path, body, headers = {}) {
    const operation = ++this.#operations;
    this.log.write('invoke', { operation, path, body, headers });
    const answer = await this.#send('POST', path, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    const { outcome, status } = answer;
    this.log.write(outcome, { operation, status, id: answer.body?.id, code: answer.body?.code, seconds: answer.seconds });
    return answer;
  }

  /** Deletes something. @param {string} path @returns {Promise<Answer>} */
  async remove(path) {
    const operation = ++this.#operations;
    this.log.write('invoke', { operation, path, method: 'DELETE' });
    const answer = await this.#send('DELETE', path, {});
    this.log.write(answer.outcome, { operation, status: answer.status, code: answer.body?.code, seconds: answer.seconds });
    return answer;
  }

  /**
   * The same call under the same Idempotency-Key until it is known how it went.
   * @param {string} path
   * @param {object} body
   * @param {string} key
   * @param {number} withinSeconds
   */
  async postUntilKnown(path, body, key, withinSeconds) {
    for (const deadline = performance.now() + withinSeconds * 1_000; ; await delay(AGAIN_AFTER_MS)) {
      const answer = await this.post(path, body, { 'idempotency-key': key });
      const tryAgain = answer.outcome === 'unknown' || answer.status === 0;
      if (!tryAgain || performance.now() > deadline) return answer;
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ headers?: Record<string, string>, body?: string }} init
   * @returns {Promise<Answer>}
   */
  async #send(method, path, init) {
    const startedMs = performance.now();
    const seconds = () => Math.round(performance.now() - startedMs) / 1_000;
    try {
      const answer = await fetch(this.url() + path, { method, ...init, signal: AbortSignal.timeout(ANSWERS_WITHIN_SECONDS * 1_000) });
      const text = await answer.text();
      const body = text === '' ? undefined : JSON.parse(text);
      return { outcome: answer.ok ? 'ok' : answer.status >= 500 ? 'unknown' : 'fail', status: answer.status, body, seconds: seconds() };
    } catch (error) {
      // A connection that was never made carried nothing; any other may have.
      const refused = /** @type {any} */ (error).cause?.code === 'ECONNREFUSED';
      return { outcome: refused ? 'fail' : 'unknown', status: 0, body: undefined, seconds: seconds() };
    }
  }
}

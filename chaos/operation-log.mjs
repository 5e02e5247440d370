// The append-only log of a campaign: what clients called and how it went, what faults did, what the checker found.
// A call that may or may not have happened is "unknown", as in Jepsen's histories (https://github.com/jepsen-io/jepsen).
import { appendFileSync } from 'node:fs';

/** @typedef {'invoke' | 'ok' | 'fail' | 'unknown' | 'fault' | 'check'} Kind */

export class OperationLog {
  #startedMs = performance.now();

  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /** One line, written before this returns: what the harness does next may be the last thing it does. @param {Kind} kind @param {object} facts */
  write(kind, facts) {
    const at_ms = Math.round(performance.now() - this.#startedMs);
    appendFileSync(this.path, `${JSON.stringify({ at_ms, kind, ...facts })}\n`);
  }
}

// What a run of the whole table has done so far, one line a round, so that the next run goes on behind the last whole line.
import { appendFileSync, mkdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./campaign.mjs').Round} Round */

export class State {
  /** @type {{ fault: string, timers: string, result: Round }[]} */
  #lines = [];

  /** @param {string} folder made where it is missing @param {number} seed each seed is a run of its own */
  constructor(folder, seed) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `seed-${seed}.jsonl`);
    if (existsSync(this.path)) this.#lines = readFileSync(this.path, 'utf8').split('\n').flatMap(parsed);
  }

  /** @param {string} fault @param {string} timers @returns {Round[]} */
  rounds(fault, timers) {
    return this.#lines.filter((line) => line.fault === fault && line.timers === timers).map(({ result }) => result);
  }

  /** @param {string} fault @param {string} timers @param {Round} result */
  add(fault, timers, result) {
    appendFileSync(this.path, `${JSON.stringify({ fault, timers, result })}\n`);
  }
}

/** Nothing of a line that was cut off when the run was ended. @param {string} line */
function parsed(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

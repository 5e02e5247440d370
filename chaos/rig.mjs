// What a fault has in hand for its rounds: the service, a client, jobs, the seed's draws; and what it finds.
import { mkdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.mjs';
import { Jobs } from './jobs.mjs';
import { OperationLog } from './operation-log.mjs';
import { signal } from './processes.mjs';
import { Random } from './random.mjs';
import { Service } from './service.mjs';
import { NotInTime, until } from './until.mjs';

/**
 * The timers of a run: the service's own, or shortened, so that many faults fit into an hour.
 * @type {Record<'short' | 'production', Record<string, string>>}
 */
export const TIMERS = {
  short: { LOCK_SECONDS: '3', STALL_CHECK_SECONDS: '1', RECONCILE_SECONDS: '1', CHECKPOINT_SECONDS: '0.5', HANG_SECONDS: '10', RETRY_SECONDS: '1' },
  production: {},
};

/** How long recovery may take at most with these timers: lock, two stall checks, a worker's start, and a busy machine. */
const RECOVERS_WITHIN_SECONDS = { short: 45, production: 120 };

/**
 * What the checker and the faults may find; a fault that finds nothing has passed.
 * @typedef {'lost' | 'duplicated' | 'digest_mismatches' | 'orphans' | 'other'} Kind
 * @typedef {{ kind: Kind, text: string }} Finding
 */

/** A job that does not get where it must. */
export class Lost extends Error {
  /** @override */
  name = 'Lost';
}

/** How many processes want a core, where more do than there are. */
export const crowd = () => Math.max(1, loadavg()[0] / availableParallelism());

export class Rig {
  jobs = new Jobs(this);
  /** @type {Finding[]} */
  findings = [];
  /** @type {string[]} */
  notes = [];
  tried = 0;
  worstRecoverySeconds = 0;
  /** Bundles that the checker has verified, with the jobs that made them. @type {Map<string, string | undefined>} */
  bundles = new Map();
  /** Records of jobs that the checker has seen, with the calls that made them. @type {Map<string, string>} */
  records = new Map();
  /** There is nothing more to try, however often was asked for. */
  finished = false;
  /** No condition is waited for any more. */
  closed = false;
  /** @type {Service | undefined} */
  #service;

  /** What is undone at the end, last first. @type {(() => void | Promise<void>)[]} */
  #undo = [];

  /** @param {{ folder: string, seed: number, fault: import('./faults/fault.mjs').Fault, timers: 'short' | 'production', soakMinutes: number }} options */
  constructor({ folder, seed, fault, timers, soakMinutes }) {
    this.folder = folder;
    this.seed = seed;
    this.fault = fault;
    this.timers = timers;
    this.soakMinutes = soakMinutes;
    this.dataFolder = join(folder, 'data');
    mkdirSync(this.dataFolder, { recursive: true, mode: 0o700 });
    this.log = new OperationLog(join(folder, 'operations.jsonl'));
    this.client = new Client(this.log, () => this.running.url);
    this.random = new Random(seed);
    this.recoversWithinSeconds = RECOVERS_WITHIN_SECONDS[timers];
  }

  /** @param {number} round @param {number} left how many faults the round may strike at most */
  begin(round, left) {
    this.round = round;
    this.left = left;
    this.random = new Random(this.seed, this.fault.id, this.timers, round);
    this.jobs.begin();
    this.findings = [];
    this.notes = [];
    this.tried = 0;
    this.worstRecoverySeconds = 0;
    this.log.write('check', { begins: this.fault.id, round, seed: this.seed, timers: this.timers });
  }

  /** The service of this campaign, started on first use with the fault's settings. @param {Record<string, string>} [more] of its environment */
  async service(more = {}) {
    if (!this.#service) {
      const settings = { ...TIMERS[this.timers], ...this.fault.settings, ...more };
      this.#service = new Service({ dataFolder: this.dataFolder, logFile: join(this.folder, 'service.log'), settings });
      await this.#service.start();
    }
    return this.#service;
  }

  /** The service, where the fault has one. */
  get started() {
    return this.#service;
  }

  get running() {
    if (!this.#service) throw new Error(`${this.fault.id} has no service yet`);
    return this.#service;
  }

  /** What is worth telling of the round besides. @param {string} text */
  note(text) {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  /** @param {Kind} kind @param {string} text */
  found(kind, text) {
    this.findings.push({ kind, text });
    this.log.write('check', { kind, text });
  }

  /**
   * Holds a measured time to its limit, which is meant for a machine of our own: where others use it so that more processes want
   * a core than there are, the limit grows with them.
   * @param {string} what
   * @param {number} seconds
   * @param {number} limitSeconds
   */
  within(what, seconds, limitSeconds) {
    const crowding = crowd();
    this.log.write('check', { what, seconds, limitSeconds, crowding });
    if (seconds <= limitSeconds * crowding) return;
    this.found('other', `${what} took ${seconds.toFixed(1)} s, more than ${limitSeconds} s (${crowding.toFixed(1)} processes a core)`);
  }

  /** Counts one fault that struck. @param {string} what @param {object} [facts] */
  strike(what, facts = {}) {
    this.tried += 1;
    this.log.write('fault', { fault: this.fault.id, what, ...facts });
  }

  /** Sends a signal to one process of the service, which counts as a fault. @param {NodeJS.Signals} name @param {import('./processes.mjs').Process} victim */
  strikeProcess(name, { pid, command }) {
    this.strike(name, { pid, command: command.slice(0, 80) });
    signal(pid, name);
  }

  /**
   * How long it takes from now until something works again; where no limit is given, a job that does not is lost.
   * @template T
   * @param {string} what
   * @param {() => T | Promise<T>} condition
   * @param {number} [withinSeconds]
   */
  async recovers(what, condition, withinSeconds) {
    const startedMs = performance.now();
    const value = await (withinSeconds === undefined ? this.jobUntil(what, condition) : this.until(what, condition, withinSeconds));
    this.recovered(what, (performance.now() - startedMs) / 1_000);
    return value;
  }

  /** @param {string} what @param {number} seconds */
  recovered(what, seconds) {
    this.log.write('check', { what, seconds });
    this.worstRecoverySeconds = Math.max(this.worstRecoverySeconds, seconds);
  }

  /**
   * As `until`, but ends with the campaign, and waits longer on a machine that others use.
   * @template T
   * @param {string} what
   * @param {() => T | Promise<T>} condition
   * @param {number} [withinSeconds]
   */
  until(what, condition, withinSeconds = this.recoversWithinSeconds) {
    return until(what, () => {
      if (this.closed) throw new Error(`the round was given up: ${what}`);
      return condition();
    }, withinSeconds * crowd());
  }

  /**
   * As `until`, of a job that must get somewhere: one that does not is lost.
   * @template T
   * @param {string} what
   * @param {() => T | Promise<T>} condition
   */
  async jobUntil(what, condition) {
    try {
      return await this.until(what, condition);
    } catch (problem) {
      throw problem instanceof NotInTime ? new Lost(problem.message) : problem;
    }
  }

  /** Has something undone when the campaign ends. @param {() => void | Promise<void>} step */
  atEnd(step) {
    this.#undo.push(step);
  }

  /** Ends everything, by force. May be repeated. */
  async close() {
    this.closed = true;
    await this.#service?.killAll();
    for (const step of this.#undo.splice(0).reverse()) await step();
  }
}

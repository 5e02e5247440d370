// Time and processor time, phase by phase, of a service with its children. It reads /proc, and so needs Linux.
import { readdirSync, readFileSync } from 'node:fs';

/** Of the clock that /proc counts in. */
const TICKS_PER_SECOND = 100;

/** @typedef {{ seconds: number, processorSeconds: number }} Part */

/** Time, and processor time of a process with all its children, from mark to mark. */
export class Meter {
  /** @type {Record<string, Part>} */ #parts = {};

  /** @param {number} pid */
  constructor(pid) {
    this.pid = pid;
    /** By process: one that has ended keeps what it was last seen with. @type {Map<number, number>} */
    this.seen = new Map();
    this.begunMs = this.lastMs = performance.now();
    this.begunSeconds = this.lastSeconds = this.#processorSeconds();
    this.timer = setInterval(() => this.#processorSeconds(), 100);
  }

  /** @param {string} name */
  mark(name) {
    const [nowMs, seconds] = [performance.now(), this.#processorSeconds()];
    this.#parts[name] = { seconds: (nowMs - this.lastMs) / 1000, processorSeconds: seconds - this.lastSeconds };
    [this.lastMs, this.lastSeconds] = [nowMs, seconds];
  }

  parts() {
    clearInterval(this.timer);
    return { ...this.#parts, 'all of it': { seconds: (this.lastMs - this.begunMs) / 1000, processorSeconds: this.lastSeconds - this.begunSeconds } };
  }

  #processorSeconds() {
    const stats = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => statOf(Number(name)));
    const family = new Set([this.pid]);
    for (let grown = 0; grown < family.size; ) {
      grown = family.size;
      for (const { pid, parent } of stats) if (family.has(parent)) family.add(pid);
    }
    for (const { pid, ticks } of stats) if (family.has(pid)) this.seen.set(pid, ticks / TICKS_PER_SECOND);
    return [...this.seen.values()].reduce((sum, seconds) => sum + seconds, 0);
  }
}

/** @param {number} pid @returns {{ pid: number, parent: number, ticks: number }[]} none of a process that has ended */
function statOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return [{ pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
  } catch {
    return [];
  }
}

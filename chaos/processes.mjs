// The processes of this machine by /proc: who is whose child, and in which folder each works. Linux only.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** @typedef {{ pid: number, parent: number, folder: string, state: string, command: string }} Process */

/**
 * Every process that has not ended. Read at once, not by promises: /proc waits for no disk, and who waits looks again and again while
 * the service needs the cores.
 * @returns {Promise<Process[]>}
 */
export async function allProcesses() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => processOf(Number(pid)));
}

/** @param {number} pid @returns {Process[]} none where it has ended */
function processOf(pid) {
  const stat = textOf(`/proc/${pid}/stat`);
  const command = textOf(`/proc/${pid}/cmdline`);
  // proc(5): the name in parentheses may hold anything; then state and parent.
  const [state = 'X', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (/^[ZX]?$/.test(state)) return [];
  return [{ pid, parent: Number(parent), folder: folderOf(pid), state, command: command.replaceAll('\0', ' ').trim() }];
}

/** The folder it works in. @param {number} pid @returns {string} nothing where it is gone, or another user's */
function folderOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** @param {string} path @returns {string} nothing where its process is gone */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Those that a process started, and those that these started.
 * @param {readonly Process[]} all
 * @param {number} pid
 * @returns {Process[]}
 */
export function descendants(all, pid) {
  const children = all.filter(({ parent }) => parent === pid);
  return [...children, ...children.flatMap((child) => descendants(all, child.pid))];
}

/** @param {number} pid */
export const isRunning = async (pid) => processOf(pid).length > 0;

/** Sends a signal to a process that may have ended meanwhile. @param {number} pid negative: the whole group @param {NodeJS.Signals} signal */
export function signal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

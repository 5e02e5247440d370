// The processes of this machine by /proc: who is whose child, and to which session each belongs. Linux only.
import { readdir, readFile } from 'node:fs/promises';

/** @typedef {{ pid: number, parent: number, session: number, state: string, command: string }} Process */

/** Every process that has not ended. @returns {Promise<Process[]>} */
export async function allProcesses() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return (await Promise.all(pids.map((pid) => processOf(Number(pid))))).flat();
}

/** @param {number} pid @returns {Promise<Process[]>} none where it has ended */
async function processOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // proc(5): the name in parentheses may hold anything; then state, parent, process group, session.
  const [state = 'X', parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (/^[ZX]?$/.test(state)) return [];
  return [{ pid, parent: Number(parent), session: Number(session), state, command: command.replaceAll('\0', ' ').trim() }];
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
export const isRunning = async (pid) => (await processOf(pid)).length > 0;

/** Sends a signal to a process that may have ended meanwhile. @param {number} pid negative: the whole group @param {NodeJS.Signals} signal */
export function signal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

// strace on a running process: which system calls it makes, and one of them killed or refused (https://strace.io, "tampering").
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { until } from './until.mjs';

const ATTACHES_WITHIN_SECONDS = 20;

/**
 * Attaches to every thread of a process; resolves when all its calls are seen.
 * @param {import('./rig.mjs').Rig} rig
 * @param {number} pid
 * @param {readonly string[]} calls
 * @param {string} file where the trace goes
 * @param {string} [inject] as of strace's --inject: counted by thread, from now
 */
export async function attachTracer(rig, pid, calls, file, inject) {
  const args = ['-f', '-qq', '-y', '-p', String(pid), '-o', file, '-e', `trace=${calls.join(',')}`, ...(inject ? ['-e', `inject=${inject}`] : [])];
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  strace.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = once(strace, 'close');
  rig.atEnd(() => void strace.kill('SIGKILL'));
  await until('strace is attached', async () => {
    if (strace.exitCode !== null) throw new Error(`strace gave up: ${stderr}`);
    const threads = await readdir(`/proc/${pid}/task`);
    const tracers = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')));
    return tracers.every((status) => /^TracerPid:\s+[1-9]/m.test(status));
  }, ATTACHES_WITHIN_SECONDS);
  return {
    /** The trace, once the process has ended. */
    async lines() {
      await ended;
      return (await readFile(file, 'utf8')).split('\n');
    },
  };
}

/**
 * Every call of a trace that touched a folder, as its thread counts it.
 * @param {readonly string[]} trace
 * @param {string} folder
 * @returns {{ call: string, nth: number }[]}
 */
export function callsIn(trace, folder) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  const found = [];
  for (const line of trace) {
    const [, thread, call] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    if (call === undefined) continue;
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    if (line.includes(folder)) found.push({ call, nth });
  }
  return found;
}

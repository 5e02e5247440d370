// How much memory a process holds at the moment, seen from outside: a child busy in native code could not answer.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Bytes in memory; undefined where the process is gone or the system does not tell. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const kilobytes = (await fromProc(pid)) ?? (process.platform === 'linux' ? undefined : await fromPs(pid));
  return kilobytes === undefined ? undefined : kilobytes * 1024;
}

/** proc(5): "VmRSS:   393216 kB", whatever the size of a page. */
async function fromProc(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes);
}

async function fromPs(pid: number): Promise<number | undefined> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return Number(stdout) || undefined;
}

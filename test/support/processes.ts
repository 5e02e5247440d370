// The processes of this machine, as far as tests must know them: who started whom, what is running, what is loaded.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

const run = promisify(execFile);
const hasProc = existsSync('/proc/self/stat');

/** Read at once, not by promises: /proc waits for no disk, and tests look again and again while what they wait for needs the cores. */
function fromProc(): Process[] | undefined {
  if (!hasProc) return undefined;
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => processOf(Number(pid)) ?? []);
}

/** Undefined for one that has ended, a zombie too. */
function processOf(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name in parentheses may hold anything; then state and parent.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}

async function fromPs(): Promise<Process[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,stat=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined || state?.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** Every process there is to see, but those that have ended and wait to be noticed. */
export const allProcesses = async (): Promise<Process[]> => fromProc() ?? fromPs();

/** Every process that a process started, and those that these started. */
export async function descendants(pid: number): Promise<Process[]> {
  const all = await allProcesses();
  const found: Process[] = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

export const isRunning = async (pid: number): Promise<boolean> =>
  hasProc ? processOf(pid) !== undefined : (await fromPs()).some((process) => process.pid === pid);

/** Names of the files mapped into a process; undefined where the system does not tell (no /proc). */
export const mappedFiles = (pid: number): Promise<string | undefined> =>
  readFile(`/proc/${pid}/maps`, 'utf8').catch(() => undefined);

// The processes of this machine, as far as tests must know them: who started whom, what is running, what is loaded.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

const run = promisify(execFile);

async function fromProc(): Promise<Process[] | undefined> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return undefined;
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      // proc(5): the name in parentheses may hold anything; then state and parent. A zombie has ended.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === undefined || state === '' || state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent), command: command.replaceAll('\0', ' ') }];
    }),
  );
  return found.flat();
}

async function fromPs(): Promise<Process[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,stat=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined || state?.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** Every process there is to see, but those that have ended and wait to be noticed. */
export const allProcesses = async (): Promise<Process[]> => (await fromProc()) ?? fromPs();

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

export const isRunning = async (pid: number): Promise<boolean> => (await allProcesses()).some((process) => process.pid === pid);

/** Names of the files mapped into a process; undefined where the system does not tell (no /proc). */
export const mappedFiles = (pid: number): Promise<string | undefined> =>
  readFile(`/proc/${pid}/maps`, 'utf8').catch(() => undefined);

// The `rootstock` command as a person runs it: a process of its own.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { requireBuilt } from '../support/built.js';
import { ROOT } from '../docs/markdown.js';
import { environment } from '../support/service.js';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Surroundings {
  /** Of the service. */
  url?: string;
  env?: Record<string, string>;
  stdin?: string;
  cwd?: string;
}

export function start(args: readonly string[], { url, env = {}, cwd }: Surroundings = {}): ChildProcessWithoutNullStreams {
  requireBuilt();
  return spawn(process.execPath, [`${ROOT}scripts/rootstock.mjs`, ...args], { env: { ...environment({}), ...(url !== undefined && { ROOTSTOCK_URL: url }), ...env }, cwd });
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const read = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (read[name] += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...read };
}

export async function rootstock(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const child = start(args, surroundings);
  child.stdin.end(surroundings.stdin ?? '');
  return ended(child);
}

/** The one document, or the lines, that a command with --json prints. */
export const documentOf = <T = Record<string, unknown>>({ stdout }: Ended): T => JSON.parse(stdout) as T;
export const linesOf = <T = Record<string, unknown>>({ stdout }: Ended): T[] => stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as T);

// A process that reads inputs, seen from outside: what crashes it, holds it up or makes it grow is known by input.
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '#children/subprocess.js';
import type { Reading } from './child.js';
import type { Input, Target } from './targets.js';

/** Longer than this no input may take, of processor time: on a machine that is busy others take more of the clock. */
const MOST_MS = 5_000;
/** Nor so many times as long, of the clock: it may wait for what never comes. */
const MOST_WAITS = 12;
/** More than so many bytes more no input may need. Networks are run, over a few examples. */
const MOST_GROWN_BYTES = { dataset: 2 ** 28, model: 2 ** 30 };
/** The first input has all code loaded, the engine too. */
const FIRST_MS = 120_000;

const HOOKS = new URL('../support/typescript-hooks.mjs', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('./child.ts', import.meta.url));

export type Verdict =
  | { readonly kind: 'sound'; readonly answer: string; readonly ms: number; readonly grownBytes: number; readonly places: readonly number[] }
  | { readonly kind: 'unexpected' | 'crash' | 'hang' | 'memory'; readonly why: string };

export class Reader {
  private readonly ended: Promise<string>;

  private constructor(private readonly target: Target, private readonly child: ChildProcess, private readonly folder: string, private readonly mostMs: number) {
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4_000)));
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(`${signal ?? `exit code ${code}`}\n${stderr}`)));
  }

  /** @param first a sound input, which has everything loaded that others need */
  static async start(target: Target, first: Input, { program = PROGRAM, mostMs = MOST_MS } = {}): Promise<Reader> {
    const folder = await mkdtemp(join(tmpdir(), 'rootstock-fuzz-'));
    const child = fork(program, [target.name, join(folder, 'work')], { execArgv: ['--import', HOOKS], serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: childEnvironment(1) });
    // A process that has ended is told nothing; that it has ended is heard.
    child.on('error', () => undefined);
    const reader = new Reader(target, child, folder, mostMs);
    const warm = await reader.ask(first, FIRST_MS);
    if (typeof warm === 'object' && warm.answer !== undefined) return reader;
    await reader.close();
    throw new Error(`the first input of ${target.name} was not read: ${typeof warm === 'object' ? warm.problem : warm}`);
  }

  /** After anything but `sound` the process is gone or of no use. */
  async read(input: Input): Promise<Verdict> {
    const reading = await this.ask(input, this.mostMs);
    if (reading === 'late') return { kind: 'hang', why: `not read after ${this.mostMs} ms` };
    if (typeof reading === 'string') return { kind: 'crash', why: reading };
    const { answer, problem, ms, grownBytes, places } = reading;
    if (problem !== undefined) return { kind: 'unexpected', why: problem };
    if (grownBytes > MOST_GROWN_BYTES[this.target.reader]) return { kind: 'memory', why: `it took ${Math.round(grownBytes / 2 ** 20)} MiB more than anything before` };
    return { kind: 'sound', answer: answer!, ms, grownBytes, places };
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ask(input: Input, mostMs: number): Promise<Reading | string> {
    const processor = processorMs(this.child.pid!);
    const endMs = performance.now() + MOST_WAITS * mostMs;
    let timer: NodeJS.Timeout | undefined;
    let hear: ((reading: Reading) => void) | undefined;
    try {
      const answer = new Promise<Reading>((resolve) => this.child.once('message', (hear = resolve as never)));
      const late = new Promise<'late'>((resolve) => {
        timer = setInterval(() => {
          const used = processorMs(this.child.pid!);
          if (performance.now() >= endMs || used === undefined || used - (processor ?? 0) >= mostMs) resolve('late');
        }, mostMs);
      });
      this.child.send(input, () => undefined);
      return await Promise.race([answer, late, this.ended]);
    } finally {
      clearInterval(timer);
      if (hear) this.child.off('message', hear);
    }
  }
}

/** Milliseconds of processor time that a process has had; undefined where the system does not tell (proc(5): fields 14 and 15 of stat, in hundredths of a second). */
function processorMs(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}

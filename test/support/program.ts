// Second processes for tests: a program in TypeScript beside the test, which prints one JSON document per line.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HOOKS = new URL('./typescript-hooks.mjs', import.meta.url).href;

export interface Program {
  readonly child: ChildProcess;
  /** The next line it prints, parsed. @throws Error with what it wrote to stderr if it ends first. */
  next<T>(): Promise<T>;
  /** Ends it with a signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a program, given by its address next to the test (`new URL('x.ts', import.meta.url)`). */
export function startProgram(address: URL, args: readonly string[]): Program {
  const nodeArguments = ['--import', HOOKS, fileURLToPath(address), ...args];
  const child = spawn(process.execPath, nodeArguments, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } });
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async next<T>() {
      const line = await lines.next();
      if (line.done) throw new Error(`the program ended: ${errors}`);
      return JSON.parse(line.value) as T;
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

// A real worker in a process of its own, on the store and the queue of an API in the test's process.
import { afterEach } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestApp } from './app.js';
import { WORKER } from './built.js';
import { descendants, type Process } from './processes.js';
import { environment } from './service.js';
import { temporaryFolder } from './store.js';
import { until } from './until.js';

/** A whole process has to start, and its engine is tried; on a busy machine that takes a while. */
const STARTS_WITHIN_MS = 60_000;
const started = new Set<WorkerProcess>();
// A test that fails leaves none to the next.
afterEach(async () => {
  for (const worker of started) {
    worker.signal('SIGKILL');
    await worker.ending;
  }
});

export class WorkerProcess {
  /** How it ended, once it has. */
  readonly ending: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;

  private constructor(private readonly child: ChildProcess) {
    started.add(this);
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    this.ending = once(child, 'exit').then(([code, signal]) => {
      started.delete(this);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null, stderr };
    });
  }

  /** Started, and known to the API as one that can train. */
  static async start(app: TestApp, settings: Record<string, string> = {}): Promise<WorkerProcess> {
    const folder = await temporaryFolder();
    await symlink(app.folder, join(folder, 'store'));
    const env = environment({ DATA_DIR: folder, REDIS_URL: app.valkey.socketPath, LOCK_SECONDS: '3', STALL_CHECK_SECONDS: '1', RETRY_SECONDS: '1', ...settings });
    const worker = new WorkerProcess(spawn(process.execPath, [WORKER], { env, stdio: ['ignore', 'ignore', 'pipe'] }));
    await until('the worker can train', async () => {
      const found = (await app.rooms.queue.workers()).find(({ id }) => id.endsWith(`-${worker.pid}`));
      return found !== undefined && found.engine !== null;
    }, STARTS_WITHIN_MS);
    return worker;
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  processes = (): Promise<Process[]> => descendants(this.pid);

  /** A process of this worker, once it runs. */
  running = (title: string): Promise<Process> =>
    until(`${title} runs`, async () => (await this.processes()).find(({ command }) => command.includes(title)), STARTS_WITHIN_MS);
}

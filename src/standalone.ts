// The whole service by one command (npm start): API and queue server in this process's care, workers as its children.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { announce, runProcess } from './process.js';
import { startService } from './service.js';

const WORKER = fileURLToPath(new URL('./workers/train-worker.js', import.meta.url));
const RESTART_AFTER_MS = 2_000;
const WORKER_ENDS_WITHIN_MS = 15_000;

await runProcess('rootstock', async (settings, log) => {
  const service = await startService(settings, log);
  const workers = Array.from({ length: settings.WORKERS }, () => keepRunning(log));
  announce(service.url);
  return {
    async close() {
      // Workers first: they put their jobs back into a queue that still answers.
      await Promise.all(workers.map((worker) => worker.stop()));
      await service.close();
    },
  };
});

/** A worker process that is started again when it dies. It ends by itself when this process is gone. */
function keepRunning(log: Logger): { stop(): Promise<void> } {
  let stopping = false;
  let child: ChildProcess;
  let restart: NodeJS.Timeout | undefined;

  const start = (): void => {
    child = fork(WORKER, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.once('exit', (code, signal) => {
      if (stopping) return;
      log.error({ code, signal }, 'a worker ended; starting another');
      restart = setTimeout(start, RESTART_AFTER_MS);
    });
  };
  start();

  return {
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), WORKER_ENDS_WITHIN_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

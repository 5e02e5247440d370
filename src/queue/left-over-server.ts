// Ends a queue server that outlived the service that started it, so that the next one can take over its data.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from '../store/process-alive.js';
import { askServer } from './ask-server.js';

const run = promisify(execFile);
const ENDS_WITHIN_MS = 10_000;
// Nothing is lost by force: what was answered is written to the file, though perhaps not yet by the disk.
const FORCED_AFTER_MS = 2_000;

/**
 * Ends the server that listens on the socket, in good order, or by force if it does not answer. False if there is none.
 * One that is ending already, since its watcher noticed the end of its service, is waited for: there is no telling the
 * two apart, which is why a server that is found is replaced and not kept.
 * @throws Error if it does not end within about 10 seconds.
 */
export async function endLeftOver(socketPath: string, pidFile: string): Promise<boolean> {
  if ((await askServer(socketPath, 'PING', 1_000)) === undefined) return false;
  const pid = await readFile(pidFile, 'utf8').then(Number, () => 0);
  const startedAt = performance.now();
  // No RDB file: what it holds is in the append-only file, which it syncs before it ends.
  await askServer(socketPath, 'SHUTDOWN NOSAVE', 1_000);
  while ((await askServer(socketPath, 'PING', 200)) !== undefined) {
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > ENDS_WITHIN_MS) throw new Error(`A queue server of an earlier start (process ${pid}) does not end.`);
    if (waitedMs > FORCED_AFTER_MS) await kill(pid, socketPath);
    await delay(20);
  }
  return true;
}

/** Where there is no /proc. */
const fromProcessList = (pid: number): Promise<string> =>
  run('ps', ['-o', 'args=', '-p', String(pid)]).then(({ stdout }) => stdout, () => '');

/** By force, and only if this process is the server of that socket: ids of processes are used again. */
async function kill(pid: number, socketPath: string): Promise<void> {
  if (!(pid > 0)) return;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => fromProcessList(pid));
  if (commandLine.includes(socketPath) && isAlive(pid)) process.kill(pid, 'SIGKILL');
}

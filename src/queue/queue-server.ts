// Finds the Valkey or Redis program that the service starts for itself.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface QueueServer {
  /** A path, or a name that is found on PATH. */
  path: string;
  name: 'valkey' | 'redis';
  version: string;
}

/** Lua, streams and BZPOPMIN as BullMQ uses them: https://docs.bullmq.io/guide/redis-tm-compatibility. */
export const OLDEST_VERSION = '6.2.0';

// Two folders up, from src/queue as from dist/queue, lies the root of the package.
const RECORD = new URL('../../node_modules/.rootstock/queue-server.json', import.meta.url);
const ON_PATH = ['valkey-server', 'redis-server'];

const run = promisify(execFile);

/**
 * The program that the set-up recorded, else the first of valkey-server and redis-server on PATH that is new enough.
 * @throws Error that says what to do, where there is none.
 */
export async function findQueueServer(record: URL = RECORD, onPath = ON_PATH): Promise<QueueServer> {
  const passedOver: string[] = [];
  for (const path of [...(await recorded(record)), ...onPath]) {
    const server = await serverAt(path);
    if (server && !isOlder(server.version, OLDEST_VERSION)) return server;
    if (server) passedOver.push(`${path} is ${server.name} ${server.version}, older than ${OLDEST_VERSION}.`);
  }
  throw new Error(
    ['No Valkey or Redis was found for the queue.', ...passedOver, 'Run "npx rootstock doctor"; it names the command.'].join(' '),
  );
}

/** True if the first version is older, comparing numbers: 6.10 is newer than 6.2. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

async function recorded(record: URL): Promise<string[]> {
  try {
    const { path } = JSON.parse(await readFile(fileURLToPath(record), 'utf8')) as { path?: unknown };
    return typeof path === 'string' ? [path] : [];
  } catch {
    return []; // no record, or one that cannot be read: PATH is next
  }
}

async function serverAt(path: string): Promise<QueueServer | undefined> {
  // "Valkey server v=9.1.2 sha=…", "Redis server v=7.0.15 sha=…"
  const { stdout } = await run(path, ['--version'], { timeout: 5_000 }).catch(() => ({ stdout: '' }));
  const [, name, version] = /^(valkey|redis) server v=(\d+(?:\.\d+)*)/i.exec(stdout) ?? [];
  if (name === undefined || version === undefined) return undefined;
  return { path, name: name.toLowerCase() === 'valkey' ? 'valkey' : 'redis', version };
}

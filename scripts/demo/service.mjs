// A service of the demo's own: a free port, a data folder that goes away.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const STANDALONE = fileURLToPath(new URL('../../dist/standalone.js', import.meta.url));

/**
 * @param {string} dataFolder
 * @param {Record<string, string>} [settings] besides or in place of the demo's
 * @returns {Promise<{ url: string, pid: number, stop(): Promise<void> }>}
 */
export async function startForDemo(dataFolder, settings = {}) {
  const { API_KEY: _key, READ_ONLY_KEY: _readKey, REDIS_URL: _redis, ...environment } = process.env;
  const child = spawn(process.execPath, [STANDALONE], {
    env: { ...environment, HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataFolder, LOG_LEVEL: 'warn', WORKERS: '1', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  process.once('SIGINT', () => child.kill('SIGTERM'));
  const url = await Promise.race([
    listeningUrl(child.stdout),
    ended.then(([code]) => Promise.reject(new Error(`the service did not start (exit code ${code})`))),
  ]);
  return {
    url,
    pid: /** @type {number} */ (child.pid),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** @param {import('node:stream').Readable} stdout */
async function listeningUrl(stdout) {
  for await (const line of createInterface(stdout)) {
    const url = /^rootstock listening on (\S+)$/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('the service ended before it listened');
}

// A Valkey beside the service, reached by REDIS_URL, for faults that take it away and give it back.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findQueueServer } from '../dist/queue/queue-server.js';
import { until } from './until.mjs';

const ANSWERS_WITHIN_SECONDS = 15;

export class QueueServer {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;

  /** @param {string} program @param {string} folder @param {number} port */
  constructor(program, folder, port) {
    this.program = program;
    this.folder = folder;
    this.port = port;
  }

  /** Runs until the campaign ends. @param {import('./rig.mjs').Rig} rig */
  static async start(rig) {
    const folder = join(rig.folder, 'queue-server');
    await mkdir(folder, { recursive: true });
    const server = new QueueServer((await findQueueServer()).path, folder, await freePort());
    rig.atEnd(() => server.kill());
    await server.startAgain();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** With the data it had. */
  async startAgain() {
    const settings = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.folder, '--appendonly', 'yes', '--save', ''];
    this.#process = spawn(this.program, settings, { stdio: 'ignore' });
    const client = new Redis(this.url, { retryStrategy: () => 50, maxRetriesPerRequest: null }).on('error', () => undefined);
    try {
      await until('the queue server answers', () => client.ping().then(() => true, () => false), ANSWERS_WITHIN_SECONDS);
    } finally {
      client.disconnect();
    }
  }

  async kill() {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  }
}

/** A port that nobody listens on at the moment. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

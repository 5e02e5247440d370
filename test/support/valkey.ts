// A real Valkey on a unix socket in a folder of its own, for tests that take it away and give it back.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { askServer } from '#queue/ask-server.js';
import type { QueueConnection } from '#queue/connection.js';
import { findQueueServer } from '#queue/queue-server.js';
import { until } from './until.js';

export class Valkey {
  private process: ChildProcess | undefined;
  private client: Redis | undefined;

  private constructor(
    private readonly folder: string,
    private readonly program: string,
  ) {}

  static async start(): Promise<Valkey> {
    const folder = await mkdtemp(join(tmpdir(), 'rootstock-valkey-'));
    const valkey = new Valkey(folder, (await findQueueServer()).path);
    await valkey.startAgain();
    return valkey;
  }

  get socketPath(): string {
    return join(this.folder, 'redis.sock');
  }

  get connection(): QueueConnection {
    return { socketPath: this.socketPath };
  }

  /** A client for looking into the server behind the back of what is tested. */
  get redis(): Redis {
    this.client ??= new Redis({ path: this.socketPath, maxRetriesPerRequest: null }).on('error', () => undefined);
    return this.client;
  }

  /** Starts it with the data it had. */
  async startAgain(): Promise<void> {
    const settings = ['--port', '0', '--unixsocket', this.socketPath, '--dir', this.folder, '--appendonly', 'yes', '--save', ''];
    // Without the signal a write beyond the limit of files fails, as on a full disk.
    this.process = spawn('sh', ['-c', 'trap "" XFSZ; exec "$@"', 'sh', this.program, ...settings], { stdio: 'ignore' });
    await until('Valkey answers', async () => (await askServer(this.socketPath, 'PING', 1_000)) === '+PONG');
  }

  /** Lets no file of the server grow beyond so many bytes, as a full disk does not. */
  async limitFiles(bytes: number | 'unlimited'): Promise<void> {
    await promisify(execFile)('prlimit', ['--pid', String(this.process!.pid), `--fsize=${bytes}:unlimited`]);
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  /** Ends it as `kill -9` does, and waits until it is gone. */
  async kill(): Promise<void> {
    const running = this.process;
    this.process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    this.client?.disconnect();
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

// The service under test: started by its one command, in a folder where nothing else works, so that whatever it starts can be told
// from everything else on the machine, also when who started it is gone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { queueSocketPath } from '../dist/queue/socket-path.js';
import { SETTINGS } from '../dist/config/settings.js';
import { allProcesses, descendants, isRunning, signal } from './processes.mjs';
import { until } from './until.mjs';

/** @typedef {import('./processes.mjs').Process} Process */

const STANDALONE = fileURLToPath(new URL('../dist/standalone.js', import.meta.url));
const STARTS_WITHIN_SECONDS = 60;
const ENDS_WITHIN_SECONDS = 60;

export class Service {
  url = 'http://127.0.0.1:0';
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #leader;
  /** Where each of its starts works, and with it what it starts: what is still there of an earlier one is an orphan. @type {string} */
  #folder;

  /** @param {{ dataFolder: string, logFile: string, settings: Record<string, string> }} options */
  constructor({ dataFolder, logFile, settings }) {
    this.dataFolder = dataFolder;
    this.logFile = logFile;
    this.#folder = realpathSync(dirname(logFile));
    this.settings = settings;
  }

  /** Starts it on its data folder and waits until it takes jobs. @returns {Promise<number>} the seconds this took */
  async start() {
    const startedMs = performance.now();
    const child = this.#launch(this.settings);
    this.#leader = child;
    /** @type {string | undefined} */
    let url;
    createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) }).on('line', (line) => {
      url ??= /^rootstock listening on (\S+)$/.exec(line)?.[1];
    });
    await until('the service listens', () => {
      if (hasEnded(child)) throw new Error(`the service did not start (${child.exitCode ?? child.signalCode}); see ${this.logFile}`);
      return url !== undefined;
    }, STARTS_WITHIN_SECONDS);
    this.url = url ?? '';
    return (performance.now() - startedMs) / 1_000;
  }

  /** A second start beside this one, which must give up. @returns {Promise<{ code: number | null, seconds: number }>} */
  async startSecond() {
    const startedMs = performance.now();
    const child = this.#launch(this.settings);
    const gaveUp = once(child, 'exit');
    const timer = setTimeout(() => signal(-(child.pid ?? 0), 'SIGKILL'), STARTS_WITHIN_SECONDS * 1_000);
    const [code] = await gaveUp;
    clearTimeout(timer);
    return { code, seconds: (performance.now() - startedMs) / 1_000 };
  }

  /** @param {Record<string, string>} settings */
  #launch(settings) {
    const environment = { ...process.env };
    for (const name of ['NODE_OPTIONS', ...SETTINGS.map((setting) => setting.name)]) delete environment[name];
    const log = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [STANDALONE], {
      env: { ...environment, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', DATA_DIR: this.dataFolder, ...settings },
      stdio: ['ignore', 'pipe', log],
      cwd: this.#folder,
      detached: true,
    });
    closeSync(log);
    return child;
  }

  get pid() {
    return this.#leader?.pid ?? 0;
  }

  /** True from the start until the process has ended. */
  get runs() {
    return this.#leader !== undefined && !hasEnded(this.#leader);
  }

  /** How it ended: exit code or signal. @returns {Promise<number | string | null>} */
  async ended() {
    const leader = this.#leader;
    if (!leader) return null;
    await until('the service has ended', () => hasEnded(leader), ENDS_WITHIN_SECONDS);
    return leader.exitCode ?? leader.signalCode;
  }

  /** Ends it in good order. @returns {Promise<number | string | null>} */
  async stop() {
    if (this.runs) signal(this.pid, 'SIGTERM');
    return this.ended();
  }

  /** Everything that belongs to it, at one blow: as `kill -9 -- -PGID`, and those that have a group of their own. */
  async killAll() {
    const all = await this.processes();
    if (this.runs) signal(-this.pid, 'SIGKILL');
    for (const { pid } of all) signal(pid, 'SIGKILL');
    await this.ended();
    for (const { pid } of all) await until(`process ${pid} is gone`, async () => !(await isRunning(pid)), ENDS_WITHIN_SECONDS);
  }

  /** All processes of this service and of its earlier starts. @returns {Promise<Process[]>} */
  async processes() {
    return (await allProcesses()).filter(({ folder, command }) => folder === this.#folder || command.includes(this.dataFolder));
  }

  /** Those that no running start answers for. @returns {Promise<Process[]>} */
  async orphans() {
    const all = await allProcesses();
    const kept = this.runs ? new Set([this.pid, ...descendants(all, this.pid).map(({ pid }) => pid)]) : new Set();
    return (await this.processes()).filter(({ pid }) => !kept.has(pid));
  }

  /** @returns {Promise<Process[]>} */
  async workers() {
    return (await this.processes()).filter(({ command }) => command.includes('train-worker.js'));
  }

  /** The processes that train a job. @param {string} job @returns {Promise<Process[]>} */
  async trainers(job) {
    return (await this.processes()).filter(({ command }) => command.startsWith(`train-job ${job}`));
  }

  /** The queue server itself, not the shell that watches it. @returns {Promise<Process | undefined>} */
  async queueServer() {
    return (await this.processes()).find(({ command }) => /^\S*(valkey|redis)-server/.test(command));
  }

  /** One command to the queue server, behind the back of the service. @param {string} command @param {...(string | number)} args @returns {Promise<unknown>} */
  async queue(command, ...args) {
    const client = new Redis({ path: await queueSocketPath(this.dataFolder), retryStrategy: () => null, maxRetriesPerRequest: 0, commandTimeout: 5_000 });
    client.on('error', () => undefined); // the call itself tells
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** What the service and its workers logged so far. */
  log() {
    return readFileSync(this.logFile, 'utf8');
  }
}

/** @param {import('node:child_process').ChildProcess} child */
const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null;

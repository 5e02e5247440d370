// Store and queue server without a service, for faults that strike the commit path alone; and one of its programs at work.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { acceptGenerated } from '../dist/datasets/accept.js';
import { readSource } from '../dist/datasets/read-source.js';
import { getDataset, settleDataset } from '../dist/datasets/registry.js';
import { reportIn } from '../dist/datasets/report/report-files.js';
import { startEmbeddedRedis } from '../dist/queue/embedded-redis.js';
import { findQueueServer } from '../dist/queue/queue-server.js';
import { openFolderStore } from '../dist/store/stores/folder.js';
import { until } from './until.mjs';

/** A queue server of the campaign's own. @param {import('./rig.mjs').Rig} rig @returns {Promise<string>} its socket */
export async function startQueueServer(rig) {
  await mkdir(join(rig.dataFolder, 'run'), { recursive: true, mode: 0o700 });
  const server = await startEmbeddedRedis({ dataFolder: rig.dataFolder, binary: await findQueueServer(), log: pino({ level: 'silent' }) });
  rig.atEnd(() => server.stop());
  return server.socketPath;
}

/** A store in that folder with one data set that is ready. @param {string} folder @returns {Promise<string>} the data set */
export async function storeWithDataset(folder) {
  const store = await openFolderStore(folder);
  const id = await acceptGenerated(store, { generate: { name: 'glyph_digits', examples: 100, seed: 1 } });
  const { source } = await getDataset(store, id);
  const staging = await store.stage(id);
  const content = await readSource({ source, sourceFolder: '', outFolder: staging.path, maxBytes: 2 ** 30 });
  await store.seal(staging);
  await settleDataset(store, id, { status: 'ready', at: new Date().toISOString(), content, staging: staging.name, report: await reportIn(staging) });
  return id;
}

/** One of the programs beside this file: what it told so far, and lines for it. */
export class Program {
  /** @type {any[]} */
  told = [];

  /** @param {import('./rig.mjs').Rig} rig @param {string} name @param {string[]} args */
  constructor(rig, name, args) {
    this.rig = rig;
    this.name = name;
    const path = fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
    // One thread for files: their calls come in the same order each time, and a tracer counts them by thread.
    this.child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, UV_THREADPOOL_SIZE: '1' } });
    this.stderr = '';
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.child.stdin.on('error', () => undefined); // it may be gone
    const lines = createInterface({ input: this.child.stdout });
    lines.on('line', (line) => this.told.push(JSON.parse(line)));
    /** Resolves when it has ended and all it told was read. @type {Promise<void>} */
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()));
    rig.atEnd(() => void this.child.kill('SIGKILL'));
  }

  get pid() {
    return this.child.pid ?? 0;
  }

  /** @param {string} line */
  say(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** Waits until it has told something of that kind. @param {(told: any) => boolean} matches */
  hears(matches) {
    return until(`${this.name} goes on (${this.stderr})`, () => {
      if (this.child.exitCode !== null) throw new Error(`${this.name} ended: ${this.stderr}`);
      return this.told.some(matches);
    }, this.rig.recoversWithinSeconds);
  }
}

// The real service, started by its one command in a process of its own, and a client for it.
import { afterAll } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SETTINGS } from '#config/settings.js';
import type { Dataset } from '#contract/dataset.js';
import { LAST_EVENTS, type JobEvent } from '#contract/event.js';
import { isTerminal } from '#contract/job-states.js';
import { requireBuilt, STANDALONE } from './built.js';
import type { PlanJob } from './plan-job.js';
import { descendants, type Process } from './processes.js';
import type { NamedBytes } from './idx.js';
import { postJson, send, upload, type Answer } from './requests.js';
import { told } from './told.js';
import { until } from './until.js';

const ENDS_WITHIN_MS = 60_000;
const started = new Set<Service>();
const folders: string[] = [];

afterAll(async () => {
  for (const service of started) await service.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A fresh folder for the data of services, removed after the tests of this file and after their services. */
export async function dataFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rootstock-service-'));
  folders.push(path);
  return path;
}

/** Of a service that keeps processes ready for its next jobs, as it does by default. */
export const KEEPS_WARM = { WARM_CHILDREN: '1' };

/**
 * The environment of this process, without what steers the service or Jest's own way of running Node. No child waits for a job unless a test asks for it:
 * on two cores each start would load the engine twice more, and each job once, for tests that speak of something else.
 */
export function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ['NODE_OPTIONS', ...SETTINGS.map((setting) => setting.name)]) delete env[name];
  return { ...env, PORT: '0', LOG_LEVEL: 'warn', WARM_CHILDREN: '0', ...settings };
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/** A start that is meant to fail: how it ended. */
export async function failedStart(settings: Record<string, string>): Promise<Ending> {
  const launched = launch(settings);
  const line = await launched.firstLine;
  if (line !== undefined) {
    launched.child.kill('SIGKILL');
    throw new Error(`it started: ${line}`);
  }
  return launched.ending;
}

function launch(settings: Record<string, string>, detached = false) {
  requireBuilt();
  const child = spawn(process.execPath, [STANDALONE], { env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'], detached });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ending = once(child, 'exit').then(([code, signal]): Ending => ({ code: code as number, signal: signal as NodeJS.Signals, stderr }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const firstLine = lines.next().then(({ value, done }) => (done ? undefined : value));
  return { child, ending, firstLine };
}

export class Service {
  private constructor(
    readonly url: string,
    readonly dataFolder: string,
    private readonly child: ChildProcess,
    /** How it ended, once it has. */
    readonly ending: Promise<Ending>,
  ) {}

  /** Starts it, on a fresh data folder unless one is given, and waits until it listens. `asInTerminal`: with a process group of its own. */
  static async start(settings: Record<string, string> = {}, { asInTerminal = false } = {}): Promise<Service> {
    const folder = settings.DATA_DIR ?? (await dataFolder());
    const { child, ending, firstLine } = launch({ ...settings, DATA_DIR: folder }, asInTerminal);
    const url = /^rootstock listening on (http:\/\/\S+)$/.exec((await firstLine) ?? '')?.[1];
    if (url === undefined) throw new Error(`the service did not start: ${(await ending).stderr}`);
    const service = new Service(url, folder, child, ending);
    started.add(service);
    return service;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Ends it in good order. */
  async stop(): Promise<Ending> {
    this.child.kill('SIGTERM');
    return this.gone();
  }

  /** Ends the one process, as `kill -9` does; what it started must notice by itself. */
  async kill(): Promise<Ending> {
    this.child.kill('SIGKILL');
    return this.gone();
  }

  /** Ends it as Ctrl-C does: the terminal tells every process of the group. Only for one that was started so. */
  async interrupt(): Promise<Ending> {
    process.kill(-this.pid, 'SIGINT');
    return this.gone();
  }

  private async gone(): Promise<Ending> {
    const ending = await this.ending;
    started.delete(this);
    return ending;
  }

  get = (path: string, headers: Record<string, string> = {}): Promise<Answer> => send(this.url, path, { headers });
  post = (path: string, body: unknown = {}): Promise<Answer> => postJson(this.url, path, body);
  delete = (path: string): Promise<Answer> => send(this.url, path, { method: 'DELETE' });

  processes = (): Promise<Process[]> => descendants(this.pid);

  /** The process that trains at the moment; those that wait for a job bear the name of their program. */
  trainingChild = (): Promise<Process> =>
    until('a training process runs', async () => (await this.processes()).find(({ command }) => command.startsWith('train-job job_')));

  /** The processes that wait for a job, once there are so many and each has loaded the engine. */
  waitingChildren = (count: number): Promise<Process[]> =>
    until(`${count} training processes wait`, async () => {
      const waiting = (await this.processes()).filter(({ command }) => command.startsWith('train-job waiting'));
      return waiting.length === count ? waiting : undefined;
    });

  async generated(name: 'glyph_digits' | 'glyph_letters', examples: number, seed = 1): Promise<Dataset> {
    return this.ready(await this.post('/v1/datasets', { generate: { name, examples, seed } }));
  }

  /** A data set of uploaded files, once it is ready. */
  async uploaded(files: readonly NamedBytes[], fields: readonly (readonly [string, string])[] = []): Promise<Dataset> {
    return this.ready(await upload(this.url, files, fields));
  }

  private async ready(accepted: Answer): Promise<Dataset> {
    if (accepted.status !== 201) throw new Error(`refused: ${accepted.text}`);
    const { id } = accepted.json<Dataset>();
    return until(`${id} is ready`, async () => {
      const dataset = (await this.get(`/v1/datasets/${id}`)).json<Dataset>();
      if (dataset.status === 'invalid') throw new Error(JSON.stringify(dataset.error));
      return dataset.status === 'ready' ? dataset : undefined;
    }, ENDS_WITHIN_MS);
  }

  /** Submits a job that must be accepted. */
  async submit(body: object): Promise<PlanJob> {
    const answer = await this.post('/v1/jobs', body);
    if (answer.status !== 201) throw new Error(`refused: ${answer.text}`);
    return answer.json<PlanJob>();
  }

  job = async (id: string): Promise<PlanJob> => (await this.get(`/v1/jobs/${id}`)).json<PlanJob>();

  events = async (id: string): Promise<JobEvent[]> => (await this.get(`/v1/jobs/${id}/events`)).json<{ data: JobEvent[] }>().data;

  /** The first event of a job that is what is waited for, as soon as it is told. */
  told = (id: string, what: string, is: (event: JobEvent) => boolean): Promise<JobEvent> => told(this.url, id, what, is, ENDS_WITHIN_MS);

  /** The job once it has ended, its last event written. */
  async ended(id: string): Promise<PlanJob> {
    await this.told(id, `${id} has ended`, ({ type }) => LAST_EVENTS.includes(type));
    const job = await this.job(id);
    if (!isTerminal(job.status)) throw new Error(`${id} told its last event and is ${job.status}`);
    return job;
  }

  /** Submits a job and waits for its success. */
  async succeeds(body: object): Promise<PlanJob> {
    const job = await this.ended((await this.submit(body)).id);
    if (job.status !== 'succeeded') throw new Error(`${job.status}: ${JSON.stringify(job.error)}`);
    return job;
  }

  /** Waits until the job trains and has finished an epoch, so that something is lost when it is interrupted. */
  isTraining = (id: string): Promise<JobEvent> =>
    this.told(id, `${id} has finished an epoch`, ({ type }) => type === 'epoch.finished');
}

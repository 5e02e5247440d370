// The Valkey (or Redis) that the service runs for itself where REDIS_URL is not set: on a unix socket in the data folder,
// never on a port, started again when it dies, gone when the service is gone.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { askServer } from './ask-server.js';
import { endLeftOver } from './left-over-server.js';
import { isOlder, type QueueServer } from './queue-server.js';
import { queueSocketPath } from './socket-path.js';

export interface EmbeddedRedis {
  readonly socketPath: string;
  /** True if one from an earlier start was still running: it was ended in good order, and its data are in use. */
  readonly adopted: boolean;
  /** Ends the server after it wrote what it holds to the disk. To be called after everything that uses it has ended. */
  stop(): Promise<void>;
}

interface Options {
  /** Absolute. Holds `redis/` (the data), `run/` (socket, log). The caller has its lock. */
  dataFolder: string;
  binary: QueueServer;
  log: Logger;
}

const ANSWERS_WITHIN_MS = 15_000;
const LOADS_WITHIN_MS = 120_000;
const STOPS_WITHIN_MS = 10_000;
const LONGEST_PAUSE_MS = 5_000;

// Ends the server when file 3, a pipe from the service, closes: also when the service is killed. Waits for the server, so
// that its end is the end of this shell.
const WATCH = `
"$@" 3<&- &
server=$!
(read -r line <&3; kill "$server") 2>/dev/null &
watch=$!
wait "$server"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

/**
 * Starts the server and waits until it answers. A server that dies is started again, first after 100 ms.
 * Data that it cannot load are moved aside to `redis.corrupt-<n>`, with an error in the log: the store is the truth, and
 * the queue is filled again from it.
 * @throws Error with the last lines of the server's log if it does not start.
 */
export async function startEmbeddedRedis({ dataFolder, binary, log }: Options): Promise<EmbeddedRedis> {
  const socketPath = await queueSocketPath(dataFolder);
  const place: Place = { dataFolder, socketPath, binary, log };
  const adopted = await endLeftOver(socketPath, pidFile(place));
  if (adopted) log.warn('A queue server of an earlier start was still running; it was ended and its data are taken over.');

  let server = await launch(place);
  let stopping = false;

  const keptRunning = (async () => {
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const ending = await server.ended;
      if (stopping) return;
      log.error({ ending, pauseMs }, 'The queue server ended by itself; it is started again.');
      if (server.ranForMs() > 60_000) pauseMs = 100;
      await delay(pauseMs);
      if (stopping) return;
      server = await launch(place).catch((error: unknown) => {
        log.error({ err: error }, 'The queue server did not start.');
        return NEVER_STARTED;
      });
      if (stopping) return server.stop();
    }
  })();

  return {
    socketPath,
    adopted,
    async stop() {
      stopping = true;
      await server.stop();
      await keptRunning; // which ends one that was being launched meanwhile
    },
  };
}

interface Place extends Options {
  socketPath: string;
}

interface Running {
  /** How it ended: exit code or signal. */
  ended: Promise<string>;
  ranForMs(): number;
  stop(): Promise<void>;
}

const NEVER_STARTED: Running = { ended: Promise.resolve('never started'), ranForMs: () => 0, stop: async () => undefined };

const dataOf = ({ dataFolder }: Place): string => join(dataFolder, 'redis');
const pidFile = ({ dataFolder }: Place): string => join(dataFolder, 'run', 'redis.pid');
const logFile = ({ dataFolder }: Place): string => join(dataFolder, 'run', 'redis.log');

class DidNotStart extends Error {
  override readonly name = 'DidNotStart';
  constructor(
    message: string,
    readonly gaveUpByItself: boolean,
  ) {
    super(message);
  }
}

/** Starts with the data there are; where the server refuses them but starts without, without. */
async function launch(place: Place): Promise<Running> {
  const data = dataOf(place);
  await mkdir(data, { recursive: true, mode: 0o700 });
  try {
    return await launchOnce(place);
  } catch (error) {
    const mayBeTheData = error instanceof DidNotStart && error.gaveUpByItself && (await readdir(data)).length > 0;
    if (!mayBeTheData) throw error;
    const aside = await freeName(`${data}.corrupt-`);
    await rename(data, aside);
    await mkdir(data, { mode: 0o700 });
    const server = await launchOnce(place).catch(async () => {
      // Not the data, then.
      await rm(data, { recursive: true, force: true });
      await rename(aside, data);
      throw error;
    });
    place.log.error({ err: error, aside }, 'The data of the queue could not be read. They were moved aside; the queue starts empty.');
    return server;
  }
}

async function freeName(start: string): Promise<string> {
  for (let n = 1; ; n++) {
    const taken = await readdir(start + n).then(() => true, () => false);
    if (!taken) return start + n;
  }
}

async function launchOnce(place: Place): Promise<Running> {
  const { socketPath, log } = place;
  const output = await open(logFile(place), 'w', 0o600);
  // In a process group of its own: a Ctrl-C in the terminal is for the service, which ends the server last.
  const shell = spawn('sh', ['-c', WATCH, 'rootstock-queue', place.binary.path, ...argumentsFor(place)], {
    stdio: ['ignore', output.fd, output.fd, 'pipe'],
    detached: true,
    cwd: dataOf(place),
  });
  const startedAt = performance.now();
  // Before anything is waited for: a server that gives up at once has ended by then, and its end is told only once.
  const ended = new Promise<string>((resolve) => {
    shell.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    shell.once('error', (error) => resolve(error.message));
  });
  await output.close();
  const server: Running = { ended, ranForMs: () => performance.now() - startedAt, stop: () => stop(shell, ended) };

  const failure = await failureToAnswer(socketPath, ended);
  if (failure === undefined) {
    log.debug({ server: place.binary, socketPath }, 'The queue server runs.');
    return server;
  }
  await server.stop();
  const lines = (await readFile(logFile(place), 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8);
  // 137 and 143: killed from outside, which says nothing about the data.
  const gaveUpByItself = /^code (?!137|143)/.test(failure);
  throw new DidNotStart(`The queue server ${place.binary.path} did not start (${failure}):\n${lines.join('\n')}`, gaveUpByItself);
}

/** Waits until the server answers: undefined, or why it will not. */
async function failureToAnswer(socketPath: string, ended: Promise<string>): Promise<string | undefined> {
  const startedAt = performance.now();
  let ending: string | undefined;
  void ended.then((how) => (ending = how));
  for (;;) {
    const answer = await askServer(socketPath, 'PING', 1_000);
    if (answer === '+PONG') return undefined;
    if (ending !== undefined) return ending;
    const limitMs = answer?.startsWith('-LOADING') ? LOADS_WITHIN_MS : ANSWERS_WITHIN_MS;
    if (performance.now() - startedAt > limitMs) return `no answer within ${limitMs / 1000} s`;
    await delay(10);
  }
}

async function stop(shell: ChildProcess, ended: Promise<string>): Promise<void> {
  (shell.stdio[3] as Writable | null | undefined)?.destroy();
  if (shell.exitCode !== null || shell.signalCode !== null || shell.pid === undefined) return;
  const timer = setTimeout(() => endGroup(shell.pid), STOPS_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

function argumentsFor(place: Place): string[] {
  const { binary, socketPath } = place;
  const settings: [string, string][] = [
    ['port', '0'], // no port: nothing on the network can reach it
    ['unixsocket', socketPath],
    ['unixsocketperm', '700'],
    ['dir', dataOf(place)],
    ['pidfile', pidFile(place)],
    ['daemonize', 'no'],
    // Loses at most about a second of changes in a power cut, which the store makes good, and heals after a full disk.
    ['appendonly', 'yes'],
    ['appendfsync', 'everysec'],
    ['no-appendfsync-on-rewrite', 'no'],
    ['aof-load-truncated', 'yes'],
    ['save', ''],
    ['maxmemory', '512mb'],
    ['maxmemory-policy', 'noeviction'],
  ];
  const knowsSwitches = binary.name === 'valkey' || !isOlder(binary.version, '7.0.0');
  if (knowsSwitches) settings.push(['enable-debug-command', 'no'], ['enable-module-command', 'no']);
  return settings.flatMap(([name, value]) => [`--${name}`, value]);
}

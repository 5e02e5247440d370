// The queue server that the service runs for itself: how it starts, dies, comes back and ends, with real processes.
import { afterEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { askServer } from '#queue/ask-server.js';
import { startEmbeddedRedis, type EmbeddedRedis } from '#queue/embedded-redis.js';
import { findQueueServer, isOlder, type QueueServer } from '#queue/queue-server.js';
import { isAlive } from '#store/process-alive.js';
import { startProgram, type Program } from '../support/program.js';
import { temporaryFolder } from '../support/store.js';
import { until } from '../support/until.js';

const PARENT = new URL('./valkey-parent.ts', import.meta.url);
const running: { stop(): Promise<void> }[] = [];
const logged: string[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });

async function start(dataFolder: string, binary?: QueueServer): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis({ dataFolder, binary: binary ?? (await findQueueServer()), log });
  running.push(redis);
  return redis;
}

function startParent(dataFolder: string): Program {
  const program = startProgram(PARENT, [dataFolder]);
  running.push({ stop: () => program.end('SIGKILL') });
  return program;
}

interface Started {
  socketPath: string;
  adopted: boolean;
}

async function tell<T>(socketPath: string, say: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ path: socketPath }).on('error', () => undefined);
  try {
    return await say(client);
  } finally {
    client.disconnect();
  }
}

const answers = async (socketPath: string): Promise<boolean> => (await askServer(socketPath, 'PING', 1_000)) === '+PONG';
const isGone = async (socketPath: string): Promise<boolean> => (await askServer(socketPath, 'PING', 1_000)) === undefined;
const pidOf = async (dataFolder: string): Promise<number> => Number(await readFile(join(dataFolder, 'run', 'redis.pid'), 'utf8'));

/** The shells that watch over a server are its parent and its parent's other child. */
async function watchersOf(pid: number): Promise<number[]> {
  const parentOf = async (id: number) =>
    Number((await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')).replace(/^.*\) /s, '').split(' ')[1]);
  const parent = await parentOf(pid);
  const ids = (await readdir('/proc')).map(Number).filter((id) => id > 0 && id !== pid);
  const siblings = [];
  for (const id of ids) if ((await parentOf(id)) === parent) siblings.push(id);
  return [parent, ...siblings];
}

afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  logged.length = 0;
});

describe('the embedded queue server', () => {
  it('listens on a socket in the data folder and on no port, keeps what it is told, and forgets nothing', async () => {
    const dataFolder = await temporaryFolder();
    const redis = await start(dataFolder);
    expect(redis).toMatchObject({ adopted: false, socketPath: join(dataFolder, 'run', 'redis.sock') });
    expect((await stat(redis.socketPath)).mode & 0o077).toBe(0);
    expect((await stat(join(dataFolder, 'redis'))).mode & 0o777).toBe(0o700);
    await tell(redis.socketPath, async (client) => {
      const settings = await client.config('GET', 'port', 'appendonly', 'appendfsync', 'save', 'maxmemory', 'maxmemory-policy', 'enable-debug-command');
      expect(settings).toEqual(expect.arrayContaining(['0', 'yes', 'everysec', '', String(512 * 2 ** 20), 'noeviction', 'no']));
      await client.set('kept', 'yes');
    });
    await redis.stop();
    expect(await isGone(redis.socketPath)).toBe(true);

    const again = await start(dataFolder);
    expect(await tell(again.socketPath, (client) => client.get('kept'))).toBe('yes');
  });

  it('takes a short folder for the socket where the name of the data folder is too long for one', async () => {
    const dataFolder = join(await temporaryFolder(), 'a-long-name'.repeat(12));
    await mkdir(dataFolder);
    const redis = await start(dataFolder);
    expect(Buffer.byteLength(redis.socketPath)).toBeLessThanOrEqual(100);
    expect(await answers(redis.socketPath)).toBe(true);
    await redis.stop();

    await chmod(dirname(redis.socketPath), 0o755);
    await expect(start(dataFolder)).rejects.toThrow('that nobody else can enter');
    await rm(dirname(redis.socketPath), { recursive: true });
  });

  it('ends with its service, also when that is killed', async () => {
    const dataFolder = await temporaryFolder();
    const parent = startParent(dataFolder);
    const { socketPath } = await parent.next<Started>();
    const pid = await pidOf(dataFolder);
    await parent.end('SIGKILL');
    await until('the server is gone', () => !isAlive(pid));
    expect(await isGone(socketPath)).toBe(true);
  });

  it('takes over from one that outlived its service and its watchers, with the data', async () => {
    const dataFolder = await temporaryFolder();
    const parent = startParent(dataFolder);
    const { socketPath } = await parent.next<Started>();
    await tell(socketPath, (client) => client.set('kept', 'yes'));
    const pid = await pidOf(dataFolder);
    for (const watcher of [...(await watchersOf(pid)), parent.child.pid ?? 0]) process.kill(watcher, 'SIGKILL');
    await until('the service is gone', () => parent.child.signalCode);
    expect(await answers(socketPath)).toBe(true);

    const redis = await start(dataFolder);
    expect(redis.adopted).toBe(true);
    expect(isAlive(pid)).toBe(false);
    expect(await tell(redis.socketPath, (client) => client.get('kept'))).toBe('yes');
    await redis.stop();
    expect(await isGone(redis.socketPath)).toBe(true);
  });

  it('takes over from one that no longer answers', async () => {
    const dataFolder = await temporaryFolder();
    const parent = startParent(dataFolder);
    await parent.next<Started>();
    const pid = await pidOf(dataFolder);
    process.kill(pid, 'SIGSTOP');
    for (const watcher of [...(await watchersOf(pid)), parent.child.pid ?? 0]) process.kill(watcher, 'SIGKILL');
    expect((await start(dataFolder)).adopted).toBe(true);
    expect(isAlive(pid)).toBe(false);
  });

  it('comes back by itself after it was killed, with the data', async () => {
    const dataFolder = await temporaryFolder();
    const { socketPath } = await start(dataFolder);
    await tell(socketPath, (client) => client.set('kept', 'yes'));
    for (let round = 0; round < 3; round++) {
      const pid = await pidOf(dataFolder);
      process.kill(pid, 'SIGKILL');
      await until('the server is gone', () => !isAlive(pid));
      await until('the server is back', () => answers(socketPath));
      expect(await tell(socketPath, (client) => client.get('kept'))).toBe('yes');
    }
    expect(logged.filter((line) => line.includes('started again'))).toHaveLength(3);
  });

  it('starts with what was whole where the end of its data is torn', async () => {
    const dataFolder = await temporaryFolder();
    const redis = await start(dataFolder);
    await tell(redis.socketPath, (client) => client.set('kept', 'yes').then(() => client.set('torn', 'x'.repeat(200))));
    await redis.stop();
    const log = await appendOnlyFile(dataFolder);
    const file = await open(log, 'r+');
    await file.truncate((await file.stat()).size - 37);
    await file.close();
    const again = await start(dataFolder);
    expect(await tell(again.socketPath, (client) => client.mget('kept', 'torn'))).toEqual(['yes', null]);
  });

  it('moves data aside that it cannot read, says so, and starts empty', async () => {
    const dataFolder = await temporaryFolder();
    for (const corrupt of ['redis.corrupt-1', 'redis.corrupt-2']) {
      const redis = await start(dataFolder);
      await tell(redis.socketPath, async (client) => {
        for (let i = 0; i < 50; i++) await client.set(`key ${i}`, 'x'.repeat(50));
      });
      await redis.stop();
      const file = await open(await appendOnlyFile(dataFolder), 'r+');
      await file.write(Buffer.from('\xff\xfe garbage \0\0', 'latin1'), 0, 13, 500);
      await file.close();

      const again = await start(dataFolder);
      expect(await tell(again.socketPath, (client) => client.dbsize())).toBe(0);
      expect(await readdir(dataFolder)).toContain(corrupt);
      expect(logged.join('')).toContain('moved aside');
      await again.stop();
    }
  });

  it('keeps the data, and shows the last lines of the log, where it does not start for another reason', async () => {
    const dataFolder = await temporaryFolder();
    const redis = await start(dataFolder);
    await tell(redis.socketPath, (client) => client.set('kept', 'yes'));
    await redis.stop();
    const broken = join(dataFolder, 'broken-server');
    await writeFile(broken, '#!/bin/sh\necho "*** FATAL: it is broken"\nexit 1\n', { mode: 0o700 });
    await expect(start(dataFolder, { path: broken, name: 'valkey', version: '9.0.0' })).rejects.toThrow(
      /did not start \(code 1\):\n\*\*\* FATAL: it is broken/,
    );
    expect(await readdir(dataFolder)).not.toContain('redis.corrupt-1');
    const again = await start(dataFolder);
    expect(await tell(again.socketPath, (client) => client.get('kept'))).toBe('yes');
  });

  it('can be stopped while it is being started again', async () => {
    const dataFolder = await temporaryFolder();
    const redis = await start(dataFolder);
    const pid = await pidOf(dataFolder);
    process.kill(pid, 'SIGKILL');
    await until('the server is gone', () => !isAlive(pid));
    await redis.stop();
    expect(await isGone(redis.socketPath)).toBe(true);
  });
});

async function appendOnlyFile(dataFolder: string): Promise<string> {
  const folder = join(dataFolder, 'redis', 'appendonlydir');
  const name = (await readdir(folder)).find((file) => file.endsWith('.incr.aof')) ?? '';
  return join(folder, basename(name));
}

describe('finding a queue server', () => {
  it('takes the one that the set-up recorded, if it runs', async () => {
    const folder = await temporaryFolder();
    const { path, version } = await findQueueServer();
    const record = pathToFileURL(join(folder, 'queue-server.json'));
    await writeFile(record, JSON.stringify({ path, version, source: 'test' }));
    expect(await findQueueServer(record, [])).toEqual({ path, name: 'valkey', version });
    await writeFile(record, JSON.stringify({ path: join(folder, 'gone'), version, source: 'test' }));
    expect((await findQueueServer(record, [path])).path).toBe(path);
    await writeFile(record, '{"torn');
    expect((await findQueueServer(record, [path])).path).toBe(path);
  });

  it('passes over one that is too old, and says what to do where there is no other', async () => {
    const folder = await temporaryFolder();
    const old = join(folder, 'redis-server');
    await writeFile(old, '#!/bin/sh\necho "Redis server v=5.0.14 sha=00000000:0 malloc=jemalloc bits=64"\n', { mode: 0o700 });
    const none = pathToFileURL(join(folder, 'none.json'));
    await expect(findQueueServer(none, [old, 'no-such-server'])).rejects.toThrow(
      /is redis 5\.0\.14, older than 6\.2\.0\. Run "npx rootstock doctor"/,
    );
  });

  it('compares versions as numbers', () => {
    expect(isOlder('6.0.16', '6.2.0')).toBe(true);
    expect(isOlder('6.2', '6.2.0')).toBe(false);
    expect(isOlder('6.10.1', '6.2.0')).toBe(false);
    expect(isOlder('10.0.0-rc1', '6.2.0')).toBe(false);
  });
});

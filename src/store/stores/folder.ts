// The store in a folder of a local disk. An object is a file under its key; tmp/ and staging/ hold what is not published.
// Needs a file system with hard links and atomic rename.
import { randomBytes } from 'node:crypto';
import { createReadStream, readFile as readFileCallback } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, truncate, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { faultPoint } from '#fault-points';
import { segmentsOf, singleSegment } from '../key.js';
import { HOST, isAlive } from '../process-alive.js';
import type { ByteRange, Staging, Store } from '../store.js';
import { codeOf, orDiskFull } from '../disk-full.js';
import { ensureFolder, FILE_MODE, FOLDER_MODE, syncFolder, syncTree, writeFresh } from './durable.js';

// A temporary name says who made it: host, process id, a mark of this very process (ids are used again), a running number.
// What another host, or another container over the same folder, left goes by age.
const MARK = randomBytes(4).toString('hex');
const TEMPORARY_NAME = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-\d+$/;
const STRANGERS_KEPT_MS = 24 * 3_600_000;
let temporaries = 0;
/** A look at a job reads some small files; the one of node:fs/promises makes half as much again of each, and twice as much of one that is not there. */
const readFile = promisify(readFileCallback);

/**
 * Opens the store in a folder, which is made if missing, and removes what dead processes left in its tmp/.
 * @throws DISK_FULL, and what the file system says where the folder cannot be used.
 */
export async function openFolderStore(root: string): Promise<FolderStore> {
  const store = new FolderStore(resolve(root));
  await orDiskFull(store.prepare());
  return store;
}

export class FolderStore implements Store {
  private readonly temporaryFolder: string;
  private readonly stagingFolder: string;

  /** Use `openFolderStore`. */
  constructor(private readonly root: string) {
    this.temporaryFolder = join(root, 'tmp');
    this.stagingFolder = join(root, 'staging');
  }

  async prepare(): Promise<void> {
    await ensureFolder(this.temporaryFolder);
    await ensureFolder(this.stagingFolder);
    for (const name of await readdir(this.temporaryFolder)) {
      const path = join(this.temporaryFolder, name);
      if (await isLeftOver(name, path)) await rm(path, { recursive: true, force: true });
    }
  }

  put(key: string, bytes: Uint8Array | string): Promise<void> {
    return orDiskFull(this.replace(key, bytes, true));
  }

  putVolatile(key: string, bytes: Uint8Array | string): Promise<void> {
    return orDiskFull(this.replace(key, bytes, false));
  }

  private async replace(key: string, bytes: Uint8Array | string, durable: boolean): Promise<void> {
    const target = this.pathOf(key);
    await this.throughTemporary(bytes, durable, (temporary) => intoFolder(target, async () => {
      await faultPoint('commit.rename.fail');
      await rename(temporary, target);
    }));
    if (durable) await syncFolder(dirname(target));
  }

  async putIfAbsent(key: string, bytes: Uint8Array | string): Promise<boolean> {
    const target = this.pathOf(key);
    return orDiskFull(
      (async () => {
        const won = await this.throughTemporary(bytes, true, (temporary) =>
          unlessTaken(['EEXIST'], () => intoFolder(target, async () => {
            await faultPoint('commit.link.fail');
            await link(temporary, target);
          })),
        );
        // The loser too: it relies on the winner's object, whose name may not have reached the disk yet.
        await syncFolder(dirname(target));
        return won;
      })(),
    );
  }

  async get(key: string): Promise<Buffer | undefined> {
    return unlessMissing(readFile(this.pathOf(key)));
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const found = await unlessMissing(stat(this.pathOf(key)));
    return found?.isFile() ? found.size : undefined;
  }

  open(key: string, range?: ByteRange): Readable {
    return createReadStream(this.pathOf(key), range);
  }

  async append(key: string, bytes: Uint8Array | string): Promise<void> {
    const path = this.pathOf(key);
    await orDiskFull(
      withFile(intoFolder(path, () => open(path, 'a', FILE_MODE)), async (file) => {
        const { size } = await file.stat();
        try {
          await faultPoint('append.write.fail');
          await file.writeFile(bytes);
        } catch (error) {
          await file.truncate(size).catch(() => undefined); // all of it or nothing, unless the process dies here
          throw error;
        }
      }),
    );
  }

  async sync(key: string): Promise<void> {
    const path = this.pathOf(key);
    await orDiskFull(withFile(open(path, 'r+'), async (file) => {
      await faultPoint('append.fsync.fail');
      await file.sync();
    }));
    await syncFolder(dirname(path));
  }

  async truncate(key: string, sizeBytes: number): Promise<void> {
    await truncate(this.pathOf(key), sizeBytes);
  }

  async list(prefix: string): Promise<string[]> {
    const names = (await unlessMissing(readdir(prefix === '' ? this.root : this.pathOf(prefix)))) ?? [];
    const internal = prefix === '' ? [this.temporaryFolder, this.stagingFolder] : [];
    return names.filter((name) => !internal.includes(join(this.root, name))).sort();
  }

  async delete(prefix: string): Promise<boolean> {
    return this.removeAtOnce(this.pathOf(prefix), true);
  }

  async localFolder(prefix: string): Promise<string> {
    const path = this.pathOf(prefix);
    if (!(await stat(path)).isDirectory()) throw new Error(`${path} is not a folder`);
    return path;
  }

  async stage(owner: string): Promise<Staging> {
    const name = `${singleSegment(owner)}-${randomBytes(6).toString('hex')}`;
    const path = join(this.stagingFolder, name);
    await orDiskFull(mkdir(path, { mode: FOLDER_MODE }));
    return { name, path };
  }

  async writeStaged(staging: Staging, name: string, bytes: Uint8Array | string): Promise<void> {
    await orDiskFull(writeFresh(join(this.stagingPath(staging), singleSegment(name)), bytes, false));
  }

  async linkStaged(staging: Staging, name: string, key: string): Promise<boolean> {
    const placed = link(this.pathOf(key), join(this.stagingPath(staging), singleSegment(name))).then(() => true);
    return (await orDiskFull(unlessMissing(placed))) ?? false;
  }

  async staged(name: string): Promise<Staging | undefined> {
    const path = join(this.stagingFolder, singleSegment(name));
    return (await unlessMissing(stat(path)))?.isDirectory() ? { name, path } : undefined;
  }

  async listStaged(): Promise<string[]> {
    return (await readdir(this.stagingFolder)).sort();
  }

  async seal(staging: Staging): Promise<void> {
    await orDiskFull(syncTree(this.stagingPath(staging)));
    await syncFolder(this.stagingFolder);
  }

  async publish(staging: Staging, prefix: string): Promise<boolean> {
    const from = this.stagingPath(staging);
    const target = this.pathOf(prefix);
    // A folder with something in it, or a file, is in the way; an empty folder is replaced.
    const move = async (): Promise<void> => {
      await faultPoint('publish.rename.fail');
      await intoFolder(target, () => rename(from, target)).catch(async (error: unknown) => {
        // Published by someone else in this very moment.
        if (codeOf(error) !== 'ENOENT' || (await unlessMissing(stat(from)))) throw error;
        throw Object.assign(new Error(`${staging.name} is gone`), { code: 'EEXIST' });
      });
    };
    const moved = await orDiskFull(unlessTaken(['ENOTEMPTY', 'EEXIST', 'ENOTDIR'], move));
    await syncFolder(dirname(target));
    if (moved) await syncFolder(this.stagingFolder);
    return moved;
  }

  async discard(staging: Staging): Promise<void> {
    await this.removeAtOnce(this.stagingPath(staging), false);
  }

  private pathOf(key: string): string {
    return join(this.root, ...segmentsOf(key));
  }

  private stagingPath(staging: Staging): string {
    return join(this.stagingFolder, singleSegment(staging.name));
  }

  private freshTemporary(): string {
    return join(this.temporaryFolder, `${HOST}-${process.pid}-${MARK}-${temporaries++}`);
  }

  /** Writes a temporary file, hands it to `place`, and leaves nothing of it behind. */
  private async throughTemporary<T>(
    bytes: Uint8Array | string,
    durable: boolean,
    place: (temporary: string) => Promise<T>,
  ): Promise<T> {
    const temporary = this.freshTemporary();
    try {
      await writeFresh(temporary, bytes, durable);
      return await place(temporary);
    } finally {
      await unlessMissing(unlink(temporary));
    }
  }

  /** Moves something out of sight in one step, then removes it; false if it was not there. */
  private async removeAtOnce(path: string, durable: boolean): Promise<boolean> {
    const away = this.freshTemporary();
    await faultPoint('remove.rename.fail');
    const found = await unlessMissing(rename(path, away).then(() => true));
    if (!found) return false;
    // Gone for good before any of it is: what came back after a power cut must be whole.
    if (durable) await syncFolder(dirname(path));
    await faultPoint('remove.rest.fail');
    await rm(away, { recursive: true, force: true });
    return true;
  }
}

/** Does something that needs the target's folder, making the folder when it is missing or was just removed. */
async function intoFolder<T>(target: string, place: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await place();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || tries === 3) throw error;
      await ensureFolder(dirname(target));
    }
  }
}

async function unlessTaken(codes: readonly string[], place: () => Promise<void>): Promise<boolean> {
  try {
    await place();
    return true;
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

const MISSING = ['ENOENT', 'ENOTDIR', 'EISDIR'];

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (MISSING.includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function withFile(opening: Promise<FileHandle>, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await opening;
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/** Whether whoever made this temporary file can no longer be writing it. */
async function isLeftOver(name: string, path: string): Promise<boolean> {
  const [, host, pid, mark] = TEMPORARY_NAME.exec(name) ?? [];
  if (host === undefined) return false;
  if (host !== HOST) return Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now()) > STRANGERS_KEPT_MS;
  return Number(pid) === process.pid ? mark !== MARK : !isAlive(Number(pid));
}

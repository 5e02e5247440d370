// One service per data folder: a lock that says whose it is and is taken over from a process that died, never by two.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './process-alive.js';

// The lock is a folder holding one empty file, whose name is the owner: <pid>-<boot>-<start>-<folder>-<path>-<nonce>. Taking it is a
// rename onto that folder, which fails while a file is in it; taking it over is a rename of that one file, which only
// one of several can do since the name has gone for the others. There is no moment at which two have it.
// A copy of the data folder holds a copy of the lock, whose owner may well run: it is another folder, under another path.
const LOCK = 'lock';

export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
}

/**
 * Takes the data folder for this process; the answer gives it back. The folder is made if missing.
 * A lock whose process is gone is taken over (on Linux also when its id belongs to another process by now).
 * Processes that cannot see each other's ids, as in two containers, are not kept apart.
 * @throws DataFolderInUse naming the process that has it.
 */
export async function lockDataFolder(dataFolder: string): Promise<() => Promise<void>> {
  const folder = join(dataFolder, 'run');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, LOCK);
  const place = await placeOf(folder);
  const me = `${await nameOf(process.pid)}-${place.folder}-${place.path}-${randomBytes(4).toString('hex')}`;

  for (;;) {
    const taken = (await takeFree(lock, me)) || (await takeOver(lock, me, dataFolder, place));
    if (!taken) continue;
    await removeAttempts(folder, place);
    return () => giveBack(lock, me);
  }
}

async function takeFree(lock: string, me: string): Promise<boolean> {
  const mine = `${lock}.${me}`;
  await mkdir(mine, { mode: 0o700 });
  await writeFile(join(mine, me), '', { mode: 0o600 });
  try {
    await rename(mine, lock);
    return true;
  } catch (error) {
    await rm(mine, { recursive: true, force: true });
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

async function takeOver(lock: string, me: string, dataFolder: string, place: Place): Promise<boolean> {
  const [owner] = await readdir(lock).catch(() => []);
  if (owner === undefined) return false; // given back just now
  const pid = await runningOwner(owner, place);
  if (pid !== undefined) {
    throw new DataFolderInUse(
      `${dataFolder} is in use by another Rootstock, process ${pid}. Stop that one, or use another DATA_DIR.`,
    );
  }
  try {
    await rename(join(lock, owner), join(lock, me));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false; // another one was faster
    throw error;
  }
}

async function giveBack(lock: string, me: string): Promise<void> {
  await unlink(join(lock, me)).catch(() => undefined);
  await rmdir(lock).catch(() => undefined); // not empty: already someone else's
}

/** Removes what processes left that died while they tried. */
async function removeAttempts(folder: string, place: Place): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, owner] = /^lock\.(.+)$/.exec(name) ?? [];
    if (owner === undefined || (await runningOwner(owner, place)) !== undefined) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** What tells a data folder from a copy of it: of the folder itself and of its path one stays the same, however it is mounted or moved. */
interface Place {
  folder: string;
  path: string;
}

async function placeOf(folder: string): Promise<Place> {
  const path = createHash('sha256').update(await realpath(folder)).digest('hex').slice(0, 8);
  return { folder: String((await stat(folder, { bigint: true })).ino), path };
}

/** The id of the process that this owner's name stands for, if it runs and has this very folder. */
async function runningOwner(owner: string, place: Place): Promise<number | undefined> {
  const [pid, boot, start, folder, path] = owner.split('-');
  if (!isAlive(Number(pid)) || `${pid}-${boot}-${start}` !== (await nameOf(Number(pid)))) return undefined;
  return folder === place.folder || path === place.path ? Number(pid) : undefined;
}

/** A process as this machine tells it from others of the same id, before and after; elsewhere than on Linux by id alone. */
async function nameOf(pid: number): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc(5): the start time is field 22; the name in field 2 may hold spaces and parentheses.
  const start = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid}-${boot.slice(0, 8)}-${start}`;
}

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');

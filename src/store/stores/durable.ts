// File operations that survive a power cut: content reaches the disk before its name, and the name before the answer.
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { faultPoint } from '#fault-points';
import { codeOf } from '../disk-full.js';

export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** Makes the names in a folder survive a power cut. A folder that was removed meanwhile has none. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  if (!folder) return;
  try {
    await faultPoint('commit.folder-fsync.fail');
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Makes a folder and those above it where they are missing, durably. Step by step: Node's recursive mkdir says ENOENT where the disk has
 * no room for another folder.
 */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT') throw error;
    await ensureFolder(dirname(path));
    return ensureFolder(path);
  }
  await syncFolder(dirname(path));
}

/** Writes a new file of that path. After an error the file may be there in part. */
export async function writeFresh(path: string, bytes: Uint8Array | string, durable: boolean): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    await faultPoint('commit.write.fail');
    await file.writeFile(bytes);
    if (!durable) return;
    await faultPoint('commit.fsync.fail');
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes all files and folders below a folder, and itself, survive a power cut. @throws Error on what is neither. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncFile(path);
    else throw new Error(`${path} is neither a file nor a folder`);
  }
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.chmod(FILE_MODE);
    await faultPoint('seal.fsync.fail');
    await file.sync();
  } finally {
    await file.close();
  }
}

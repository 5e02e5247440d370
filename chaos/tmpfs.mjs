// Small file systems in memory, to be filled up. Only root can mount them.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why nothing can be mounted here; undefined where it can. */
export async function cannotMount() {
  const folder = await mkdtemp(join(tmpdir(), 'rootstock-mount-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'rootstock-chaos', folder]);
    await run('umount', [folder]);
    return undefined;
  } catch {
    return 'tmpfs cannot be mounted here (it takes root on Linux)';
  } finally {
    await rmdir(folder);
  }
}

/** Mounts one at a folder until the campaign ends. @param {import('./rig.mjs').Rig} rig @param {string} folder @param {string} options as of mount(8) */
export async function mountTmpfs(rig, folder, options) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await run('mount', ['-t', 'tmpfs', '-o', `${options},mode=700`, 'rootstock-chaos', folder]);
  rig.atEnd(async () => void (await run('umount', [folder])));
}

/** Takes every byte that is left; the answer gives them back. @param {string} folder */
export async function fillBytes(folder) {
  const path = join(folder, 'filler');
  const file = await open(path, 'w');
  try {
    for (let size = 2 ** 20; size >= 1; ) {
      // The rest in ever smaller pieces.
      const written = await file.write(Buffer.alloc(size)).then(({ bytesWritten }) => bytesWritten === size, isFull);
      if (!written) size = Math.floor(size / 2);
    }
  } finally {
    await file.close();
  }
  return () => rm(path);
}

/** Takes every inode that is left; the answer gives them back. @param {string} folder */
export async function fillInodes(folder) {
  const path = join(folder, 'fillers');
  await mkdir(path).catch(isFull);
  for (let n = 0; ; n += 1) {
    const made = await writeFile(join(path, String(n)), '').then(() => true, isFull);
    if (!made) return () => rm(path, { recursive: true });
  }
}

/** @param {unknown} error @returns {false} */
function isFull(error) {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOSPC') throw error;
  return false;
}

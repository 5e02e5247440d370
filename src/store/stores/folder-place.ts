// Whether a store lies where it was last served, or was copied there from elsewhere: out of a backup, say. A copy that was made while the
// service ran holds files of different moments, which no crash leaves behind.
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// A file that is never touched, and a note of what the system says of it that no copy takes along: its number, and when that was last
// changed (inode(7)). A snapshot of the whole file system keeps both, and is of one moment.
const FOLDER = 'place';
const MARK = 'mark';
const NOTE = 'note';
/** What a store that was never served holds. */
const EMPTY: readonly string[] = [FOLDER, 'tmp', 'staging'];

/** True for a store that was copied, or served by a version that left no note; until `rememberPlace`. @param root folder of the store */
export async function isCopied(root: string): Promise<boolean> {
  const used = await readdir(root).catch(() => [] as string[]);
  if (used.every((name) => EMPTY.includes(name))) return false;
  const note = await readFile(join(root, FOLDER, NOTE), 'utf8').catch(() => '');
  return note === '' || note !== (await markOf(root));
}

/** From now on the store is known here. */
export async function rememberPlace(root: string): Promise<void> {
  const folder = join(root, FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const known = await markOf(root);
  if (known !== '' && (await readFile(join(folder, NOTE), 'utf8').catch(() => '')) === known) return;
  await writeFile(join(folder, MARK), '', { mode: 0o600 });
  await writeFile(join(folder, NOTE), await markOf(root), { mode: 0o600 });
}

/** Removes temporary files, whose makers are elsewhere. Only for a store that nobody else has opened since it was copied. */
export async function emptyTemporary(root: string): Promise<void> {
  for (const name of await readdir(join(root, 'tmp')).catch(() => [])) await rm(join(root, 'tmp', name), { recursive: true, force: true });
}

async function markOf(root: string): Promise<string> {
  const found = await stat(join(root, FOLDER, MARK), { bigint: true }).catch(() => undefined);
  return found ? `${found.ino}-${found.ctimeNs}` : '';
}

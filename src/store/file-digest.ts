// Size and digest of a file, read piece by piece.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';

/** Of what a file must hold. */
export interface FileDigest {
  size_bytes: number;
  /** SHA-256, in hex. */
  sha256: string;
}

export async function digestOf(path: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { size_bytes: size, sha256: hash.digest('hex') };
}

/** True for a file that is there with that very content. */
export async function isWhole(path: string, expected: FileDigest): Promise<boolean> {
  const found = await digestOf(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'EISDIR' && error.code !== 'ENOTDIR') throw error;
  });
  return found?.size_bytes === expected.size_bytes && found.sha256 === expected.sha256;
}

/** True for a folder that holds all of these files, each under its number. */
export async function areWhole(folder: string, files: readonly FileDigest[]): Promise<boolean> {
  for (const [number, file] of files.entries()) if (!(await isWhole(join(folder, String(number)), file))) return false;
  return true;
}

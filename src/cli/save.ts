// Files of a service, saved: each under another name until its digest is right, so that what has its name is whole.
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download } from '../client/index.js';
import { UsageError } from './session.js';

export interface Saved {
  object: 'file';
  path: string;
  size_bytes: number;
  sha256: string;
}

const PLAIN_NAME = /^[\w][\w.-]*$/;

/** @throws DigestError; UsageError where the folder cannot be written */
export async function save(folder: string, download: Download): Promise<Saved> {
  // A service that is not ours could give any name.
  if (!PLAIN_NAME.test(download.name)) throw new UsageError(`"${download.name}" is no name for a file here.`);
  const path = join(folder, download.name);
  const unfinished = `${path}.part`;
  await mkdir(folder, { recursive: true });
  const file = await open(unfinished, 'w');
  try {
    for await (const piece of download) await file.write(piece);
    await file.close();
    await rename(unfinished, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
  return { object: 'file', path, size_bytes: download.size_bytes, sha256: download.sha256 };
}

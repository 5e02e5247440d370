// Which code this is: the version of the package, and a digest of the compiled programs that run, so that two builds of one version can be told apart.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface CodeVersion {
  version: string;
  /** SHA-256 over path and content of every compiled program, in the order of their paths. */
  sha256: string;
}

/** Reads all of dist/, about 3 MB. */
export async function codeVersion(): Promise<CodeVersion> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const folder = join(ROOT, 'dist');
  const programs = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js')).sort();
  const hash = createHash('sha256');
  for (const program of programs) hash.update(`${program}\0`).update(await readFile(join(folder, program))).update('\0');
  return { version, sha256: hash.digest('hex') };
}

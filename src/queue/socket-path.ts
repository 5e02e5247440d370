// Where the unix socket of the embedded Valkey lies.
import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The kernel takes 107 bytes (unix(7)); a margin for suffixes. */
const LONGEST_BYTES = 100;

/**
 * `run/redis.sock` in the data folder, or where that name is too long for a socket, in a short folder of the temporary
 * directory named after the data folder. The folder is made, for this user alone.
 * @throws Error if the short folder belongs to someone else or is open to others.
 */
export async function queueSocketPath(dataFolder: string): Promise<string> {
  const run = join(dataFolder, 'run');
  await mkdir(run, { recursive: true, mode: 0o700 });
  if (fits(join(run, 'redis.sock'))) return join(run, 'redis.sock');

  const name = `rootstock-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)}`;
  const short = [tmpdir(), '/tmp'].map((folder) => join(folder, name)).find((folder) => fits(join(folder, 'redis.sock')));
  if (short === undefined) throw new Error(`No folder has a name short enough for the socket of the queue: ${tmpdir()}`);
  await mkdir(short, { recursive: true, mode: 0o700 });
  // Others may write to the temporary directory: a folder that someone else put there must not be trusted.
  const found = await lstat(short);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    throw new Error(`${short} must be a folder of this user that nobody else can enter. Remove it and start again.`);
  }
  return join(short, 'redis.sock');
}

const fits = (path: string): boolean => Buffer.byteLength(path) <= LONGEST_BYTES;

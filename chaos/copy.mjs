// Copies of a folder in use, as people make them: by cp or tar, at one go; or file by file in an order drawn by the seed and with pauses,
// each file in two halves, which is worse than what any tool does.
import { execFile } from 'node:child_process';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { drawnInstant } from './until.mjs';

/** @typedef {import('./random.mjs').Random} Random */

const run = promisify(execFile);
/** What changes or goes away while it is read is told by these tools, and is no reason to give up. */
const shell = (/** @type {string} */ script, /** @type {string} */ from, /** @type {string} */ to) => run('sh', ['-c', script, 'sh', from, to]).catch(() => undefined);

/** By name; each is given an empty folder to copy into. @type {Record<string, (from: string, to: string, random: Random) => Promise<unknown>>} */
export const COPIES = {
  cp: (from, to) => shell('cp -a "$1/." "$2"', from, to),
  tar: (from, to) => shell('tar -C "$1" -cf - . | tar -C "$2" -xf -', from, to),
  scattered: (from, to, random) => scattered(from, to, random, random.between(0, 0.2)),
};

/** @param {string} from @param {string} to @param {Random} random @param {number} pauseSeconds before each folder, at most */
async function scattered(from, to, random, pauseSeconds) {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const names = await readdir(from).catch(() => []);
  for (const name of names.map((name) => ({ name, at: random.unit() })).sort((a, b) => a.at - b.at).map(({ name }) => name)) {
    const [source, target] = [join(from, name), join(to, name)];
    const found = await stat(source).catch(() => undefined);
    if (found?.isDirectory()) {
      await drawnInstant(random.between(0, pauseSeconds));
      await scattered(source, target, random, pauseSeconds / 2);
    } else if (found?.isFile()) await inHalves(source, target);
  }
}

/** @param {string} source @param {string} target */
async function inHalves(source, target) {
  const from = await open(source).catch(() => undefined);
  if (!from) return;
  const to = await open(target, 'w', 0o600);
  try {
    const half = Buffer.alloc(Math.ceil((await from.stat()).size / 2));
    const { bytesRead } = await from.read(half, 0, half.length, 0);
    await to.write(half, 0, bytesRead, 0);
    await drawnInstant(0.002);
    const rest = Buffer.alloc(Math.max(0, (await from.stat()).size - bytesRead));
    const { bytesRead: more } = await from.read(rest, 0, rest.length, bytesRead);
    await to.write(rest, 0, more, bytesRead);
  } finally {
    await from.close();
    await to.close();
  }
}

// The Python peers' environments: one venv a family in the cache, made the first time the bench needs it and never by set-up.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateCache, openCache } from '../../scripts/setup/cache.mjs';
import { say } from '../../scripts/setup/progress.mjs';
import { run } from '../../scripts/setup/run.mjs';

/** @typedef {'tensorflow' | 'torch' | 'jax'} Family */

/**
 * Said before the download starts. PyPI's torch for Linux is the CUDA build, and it does not load without NVIDIA's libraries:
 * they are most of its size, though nothing here uses them.
 * @type {Record<Family, { download: string, minutes: number }>}
 */
const SIZES = {
  tensorflow: { download: '350 MB', minutes: 2 },
  torch: { download: '2.7 GB', minutes: 8 },
  jax: { download: '140 MB', minutes: 1 },
};

/**
 * The Python of a family's environment, made where it is missing. A folder counts as complete only once its marker is written.
 * @param {Family} family
 * @returns {Promise<string>} path of its interpreter
 * @throws {Error} where there is no python3, or pip cannot install the pinned versions
 */
export async function pythonOf(family) {
  const requirements = fileURLToPath(new URL(`./peers/${family}.txt`, import.meta.url));
  const cache = locateCache(process.env);
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  // A venv holds its own path, so it is made in place: it cannot be filled elsewhere and renamed.
  const folder = join(cache, 'bench', `${family}-${digest}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return python;
  openCache(cache);
  rmSync(folder, { recursive: true, force: true });
  const { download, minutes } = SIZES[family];
  say(`${family}: installing the pinned packages, about ${download}, ${minutes} min`);
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  await run(['python3', '-m', 'venv', folder], { what: `making the environment of ${family}`, env });
  const install = [python, '-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:', '--requirement', requirements];
  await run(install, { what: `installing ${family}`, env });
  writeFileSync(complete, '');
  return python;
}

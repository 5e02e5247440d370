// The user's cache: where it lies, and how a folder gets into it whole or not at all.
import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, lstatSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { SetupFailure } from './failure.mjs';

/**
 * ROOTSTOCK_CACHE, else XDG_CACHE_HOME/rootstock, else HOME/.cache/rootstock; where none of these can be written, a folder of
 * this user's alone in the temporary folder. Looks only: nothing is made.
 * @param {NodeJS.ProcessEnv} env
 * @param {{ temporary?: string, uid?: number }} [machine]
 * @returns {string}
 */
export function locateCache(env, { temporary = tmpdir(), uid = process.getuid?.() ?? 0 } = {}) {
  if (env.ROOTSTOCK_CACHE) return resolve(env.ROOTSTOCK_CACHE);
  const homes = [
    // The XDG rules say to ignore a relative path.
    env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? join(env.XDG_CACHE_HOME, 'rootstock') : null,
    env.HOME && isAbsolute(env.HOME) ? join(env.HOME, '.cache', 'rootstock') : null,
  ];
  return homes.find((folder) => folder !== null && canBeWritten(folder)) ?? join(temporary, `rootstock-cache-${uid}`);
}

/** @param {string} folder @returns {boolean} */
function canBeWritten(folder) {
  try {
    if (!existsSync(folder)) return dirname(folder) !== folder && canBeWritten(dirname(folder));
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Makes the cache, 0700. What lies in it gets executed: where anyone may make folders, only this user's own is trusted.
 * @param {string} cache
 */
export function openCache(cache) {
  try {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    accessSync(cache, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SetupFailure(`the cache folder ${cache} cannot be used (${/** @type {Error} */ (error).message}). Name another with ROOTSTOCK_CACHE.`);
  }
  const openToAll = (statSync(dirname(cache)).mode & 0o002) !== 0;
  if (openToAll && lstatSync(cache).uid !== process.getuid?.()) {
    throw new SetupFailure(`the cache folder ${cache} was made by another user. Name another with ROOTSTOCK_CACHE.`);
  }
}

/**
 * Removes what interrupted set-ups left half done. Call it with the lock held: then nobody is at work there.
 * @param {string} cache
 */
export function removeLeftovers(cache) {
  rmSync(join(cache, 'tmp'), { recursive: true, force: true });
}

/**
 * A folder in the cache under a name that says its exact content; `fill` is called only where it is not there yet. It is
 * filled under another name and renamed, so a folder that has its name is complete.
 * @param {string} cache
 * @param {string} name
 * @param {(folder: string) => Promise<void>} fill
 * @returns {Promise<string>}
 */
export async function cached(cache, name, fill) {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  return withTemporary(cache, async (temporary) => {
    const filling = join(temporary, 'filling');
    mkdirSync(filling);
    await fill(filling);
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(filling, folder);
    return folder;
  });
}

/**
 * Lends a temporary folder on the cache's own disk, so that a rename out of it is atomic.
 * @template T
 * @param {string} cache
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withTemporary(cache, work) {
  const folder = join(cache, 'tmp', randomUUID());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

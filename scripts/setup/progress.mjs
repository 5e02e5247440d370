// What the set-up says while it works: plain lines on stderr, each with the seconds since the start.
import { readdirSync, lstatSync } from 'node:fs';
import { join } from 'node:path';

const started = performance.now();

/** @param {string} text */
export function say(text) {
  process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${text}\n`);
}

/**
 * The bytes under a folder; what disappears while we look counts as nothing.
 * @param {string} folder
 * @returns {number}
 */
export function folderSize(folder) {
  let bytes = 0;
  for (const entry of list(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += folderSize(path);
    else bytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * Says how much has arrived in a folder every two seconds while `work` goes on.
 * @template T
 * @param {string} what
 * @param {string} folder
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileFilling(what, folder, work) {
  const timer = setInterval(() => say(`${what}: ${megabytes(folderSize(folder))}`), 2000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

// `rootstock cache`: what the set-up stored for this user, entry by entry, and a way to be rid of it.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { locateCache } from './cache.mjs';
import { readSwitches } from './flags.mjs';
import { withLock } from './lock.mjs';
import { folderSize, megabytes } from './progress.mjs';

/** The kinds of things in the cache; `tmp` holds what an interrupted set-up left. Nothing else there is ours to remove. */
const kinds = ['engines', 'bindings', 'programs', 'tmp'];

/** @param {string[]} args */
export async function cacheCommand(args) {
  const { clear = false, json = false } = readSwitches(args, ['clear', 'json'], 'rootstock cache [--clear] [--json]');
  const cache = locateCache(process.env);
  const entries = cacheEntries(cache);
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  if (clear && existsSync(cache)) {
    await withLock(cache, async () => {
      for (const kind of kinds) rmSync(join(cache, kind), { recursive: true, force: true });
    });
  }
  if (json) {
    console.log(JSON.stringify({ folder: cache, sizeBytes, entries, cleared: clear }));
    return 0;
  }
  for (const entry of entries) console.log(`${megabytes(entry.sizeBytes).padStart(9)}  ${entry.name}`);
  console.log(`${megabytes(sizeBytes).padStart(9)}  ${clear ? 'removed from' : 'in'} ${cache}`);
  if (clear && entries.length > 0) console.log('Checkouts that used these need: node scripts/setup.mjs');
  return 0;
}

/** @param {string} cache */
export function cacheEntries(cache) {
  return kinds.flatMap((kind) => {
    const folder = join(cache, kind);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).map((name) => ({ name: `${kind}/${name}`, sizeBytes: folderSize(join(folder, name)) }));
  });
}

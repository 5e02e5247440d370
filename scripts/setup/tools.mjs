// The programs the set-up needs from the machine: found on PATH, or named together with the commands that install them.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { SetupFailure } from './failure.mjs';

const oldestNode = [20, 20, 2];

/** @typedef {'npm' | 'python' | 'pip' | 'compiler'} Tool */

/** @type {Record<Tool, { says: string, isThere: () => boolean, debian: string, fedora: string, macos: string }>} */
const TOOLS = {
  npm: { says: 'npm', isThere: () => onPath('npm') !== null, debian: 'npm', fedora: 'npm', macos: 'brew install node' },
  python: { says: 'python3', isThere: () => answers(['python3', '-c', 'import zipfile, fcntl']), debian: 'python3', fedora: 'python3', macos: 'xcode-select --install' },
  pip: { says: 'pip for python3', isThere: () => answers(['python3', '-m', 'pip', '--version']), debian: 'python3-pip', fedora: 'python3-pip', macos: 'xcode-select --install' },
  compiler: { says: 'a C++ compiler', isThere: () => findCompiler() !== null, debian: 'g++', fedora: 'gcc-c++', macos: 'xcode-select --install' },
};

/**
 * The full path of a program, or null.
 * @param {string} program
 * @param {NodeJS.ProcessEnv} [env]
 */
export function onPath(program, env = process.env) {
  if (program.includes('/')) return isExecutable(resolve(program)) ? resolve(program) : null;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @param {string[]} command */
function answers([program = '', ...args]) {
  return onPath(program) !== null && spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/**
 * The C++ compiler as a command: $CXX, which may carry arguments, else the first of the usual names on PATH.
 * @returns {string[] | null}
 */
export function findCompiler() {
  const commands = process.env.CXX ? [process.env.CXX.trim().split(/\s+/)] : [['c++'], ['g++'], ['clang++']];
  return commands.find(([program = '']) => onPath(program) !== null) ?? null;
}

/** Whether an NVIDIA driver answers on this machine. */
export function gpuAnswers() {
  if (onPath('nvidia-smi') === null) return false;
  const { status, stdout } = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 && stdout.includes('GPU ');
}

/** Refuses a Node.js or a platform that Rootstock does not run on. */
export function requirePlatform(version = process.versions.node, platform = process.platform) {
  if (platform === 'win32') throw new SetupFailure('Rootstock does not run on Windows itself. Use it inside WSL2 (any Linux there), where everything works.');
  const parts = version.split('.').map(Number);
  const first = parts.findIndex((part, index) => part !== oldestNode[index]);
  if (first !== -1 && first < 3 && (parts[first] ?? 0) < (oldestNode[first] ?? 0)) {
    throw new SetupFailure(`Node.js ${version} is too old: Rootstock needs ${oldestNode.join('.')} or newer (20, 22 and 24 are tested).`);
  }
}

/**
 * @param {Iterable<Tool>} needed
 * @returns {Tool[]}
 */
export function missingTools(needed) {
  return [...new Set(needed)].filter((tool) => !TOOLS[tool].isThere());
}

/**
 * One line that names what is missing, then the command for each system.
 * @param {Tool[]} missing
 */
export function howToInstall(missing) {
  const rows = missing.map((tool) => TOOLS[tool]);
  /** @param {string[]} words */
  const once = (words) => [...new Set(words)];
  return [
    `missing: ${rows.map((row) => row.says).join(', ')}. Install with`,
    `  Debian, Ubuntu:  sudo apt-get install -y ${once(rows.map((row) => row.debian)).join(' ')}`,
    `  Fedora:          sudo dnf install -y ${once(rows.map((row) => row.fedora)).join(' ')}`,
    `  macOS:           ${once(rows.map((row) => row.macos)).join(' && ')}`,
  ].join('\n');
}

/** @param {Iterable<Tool>} needed */
export function requireTools(needed) {
  const missing = missingTools(needed);
  if (missing.length > 0) throw new SetupFailure(howToInstall(missing));
}

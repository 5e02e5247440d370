// rootstock up: what `npm start` does, from any folder: the set-up where something is missing, then the service until it is told to end.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const usage = `Usage: rootstock up

Starts the service, as "npm start" does, on DATA_DIR (default ./data of the folder you are in); docs/settings.md has all settings.`;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit status of the service
 */
export async function upCommand(args) {
  if (args.length > 0) {
    const asked = ['--help', '-h'].includes(args[0] ?? '');
    process.stderr.write(asked ? '' : `"rootstock up" takes no "${args[0]}"; settings come from the environment.\n`);
    (asked ? process.stdout : process.stderr).write(`${usage}\n`);
    return asked ? 0 : 2;
  }
  return (await program('scripts/setup.mjs', '--quiet')) || program('dist/standalone.js');
}

/** @param {string[]} command @returns {Promise<number>} */
function program(...command) {
  const [file = '', ...rest] = command;
  const child = spawn(process.execPath, [join(root, file), ...rest], { stdio: 'inherit' });
  // Of Ctrl-C a terminal tells the child itself; this process only outlives it.
  const passOn = () => void child.kill('SIGTERM');
  const wait = () => undefined;
  process.on('SIGTERM', passOn).on('SIGINT', wait);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code, signal) => {
      process.off('SIGTERM', passOn).off('SIGINT', wait);
      resolve(signal === null ? (code ?? 1) : 1);
    });
  });
}

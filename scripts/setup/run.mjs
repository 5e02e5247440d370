// Runs one other program for the set-up: its output is kept back, and shown only when it fails.
import { spawn } from 'node:child_process';
import { SetupFailure } from './failure.mjs';
import { lockDescriptor } from './lock.mjs';

/** How many lines of a failed program's output are worth showing: npm and tsc say what matters first, compilers last. */
const shownLines = 30;

/**
 * @param {string[]} command the program and its arguments
 * @param {{ what: string, cwd?: string, env?: NodeJS.ProcessEnv }} options `what` names the step in a failure's message
 * @returns {Promise<string>} what the program wrote to stdout
 */
export async function run([program = '', ...args], { what, cwd, env }) {
  const lock = lockDescriptor();
  // The child inherits the lock: should the set-up be killed, the next one still waits until this child is gone.
  const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe', ...(lock === null ? [] : [lock])] });
  const relayed = relaySignals(child);
  let stdout = '';
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => ((stdout += text), (output += text)));
  child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
  try {
    const status = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? signal));
    });
    if (status === 0) return stdout;
    throw new SetupFailure(`${what} failed (${program} ended with ${status}).\n${excerpt(output)}`);
  } catch (error) {
    if (error instanceof SetupFailure) throw error;
    throw new SetupFailure(`${what} failed: ${program} could not be started (${/** @type {Error} */ (error).message}).`);
  } finally {
    relayed();
  }
}

/** @param {string} output */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  if (lines.length <= shownLines) return lines.join('\n');
  return [...lines.slice(0, shownLines / 2), '…', ...lines.slice(-shownLines / 2)].join('\n');
}

/**
 * A signal to the set-up alone (a terminal reaches the child by itself) ends the child first, then the set-up.
 * @param {import('node:child_process').ChildProcess} child
 */
function relaySignals(child) {
  /** @param {NodeJS.Signals} signal */
  const end = (signal) => {
    child.kill(signal);
    child.once('close', () => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  return () => process.off('SIGINT', end).off('SIGTERM', end);
}

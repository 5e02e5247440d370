// Runs one program of the training bench in a process of its own, and many of them in turn.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { say } from '../../scripts/setup/progress.mjs';
import { pythonOf } from './environment.mjs';
import { EXAMPLES, nameOf, PROGRAMS } from './rows.mjs';

/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {import('./rows.mjs').Settings} Settings */
/** @typedef {Row & { program: string }} Entry a row measured with a program */
/** @typedef {Entry & Settings & { speeds: number[], settings: string }} Measured */
/** @typedef {Entry & { reason: string }} Absent */

const MOST_MINUTES = 10;

/**
 * One process: the script with the request as its only argument; its last line on stdout is the answer.
 * @param {import('./rows.mjs').Program['family']} family
 * @param {string} script beside this file
 * @param {Record<string, unknown> & Settings} request
 * @returns {Promise<any>}
 * @throws {Error} whose message is the last line the program wrote on stderr
 */
export async function ask(family, script, request) {
  const interpreter = family === 'node' ? process.execPath : await pythonOf(family);
  const path = fileURLToPath(new URL(script, import.meta.url));
  const threads = String(request.threads);
  const names = ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS'];
  // Threads that spin while they wait take the cores from the others: PyTorch at two threads was 80 times slower for it.
  const quiet = { OMP_WAIT_POLICY: 'PASSIVE', TF_CPP_MIN_LOG_LEVEL: '2', PYTHONDONTWRITEBYTECODE: '1' };
  // Undefined: not set, whatever the caller's shell has.
  const env = { ...process.env, ...Object.fromEntries(names.map((name) => [name, threads])), ...quiet, TF_ENABLE_ONEDNN_OPTS: request.oneDNN ? '1' : undefined };
  try {
    const { stdout } = await promisify(execFile)(interpreter, [path, JSON.stringify(request)], { env, timeout: MOST_MINUTES * 60_000 });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch (problem) {
    throw new Error(reasonOf(problem), { cause: problem });
  }
}

/** Python and Node both say the error itself last or before its stack. @param {any} problem */
function reasonOf(problem) {
  if (problem.killed) return `not done after ${MOST_MINUTES} minutes`;
  const lines = String(problem.stderr ?? '').trim().split('\n');
  return lines.findLast((/** @type {string} */ line) => /^\S*(Error|Exception|Exit)\b/.test(line)) ?? lines.at(-1) ?? problem.message;
}

/**
 * Settles each entry's settings by one look at each choice, then measures all in turn, round by round.
 * @param {Entry[]} entries
 * @param {{ rounds: number, seconds: number, lookOnce: boolean, withinSeconds: number }} options
 *   rounds: at most; seconds: least time of the timed passes; lookOnce: one look for all rows of a model, at the first of them;
 *   withinSeconds: no round begins, after the first, that would end later than this after the start of the process
 * @returns {Promise<{ measured: Measured[], absent: Absent[], rounds: number }>} what failed is absent, with the reason
 */
export async function measureInTurn(entries, { rounds, seconds, lookOnce, withinSeconds }) {
  /** @type {Measured[]} */
  const measured = [];
  /** @type {Absent[]} */
  const absent = [];
  /** @type {Map<string, Settings>} */
  const chosen = new Map();
  for (const entry of entries) {
    try {
      const { settingsOf = entry.program } = PROGRAMS[entry.program];
      const key = `${settingsOf} ${lookOnce ? entry.model : nameOf(entry)}`;
      const settings = chosen.get(key) ?? (await fastest(entry, seconds / 2));
      chosen.set(key, settings);
      measured.push({ ...entry, ...settings, speeds: [], settings: '' });
    } catch (problem) {
      absent.push({ ...entry, reason: said(entry, problem) });
    }
  }
  let taken = 0;
  let longestMs = 0;
  while (taken < rounds && (taken === 0 || performance.now() + longestMs < withinSeconds * 1000)) {
    taken += 1;
    say(`round ${taken} of ${rounds}`);
    const startMs = performance.now();
    for (const one of [...measured]) {
      try {
        const answer = await speedOf(one, one, seconds);
        one.speeds.push(answer.examples_per_second);
        one.settings = one.oneDNN ? `${answer.settings}, oneDNN` : answer.settings;
      } catch (problem) {
        measured.splice(measured.indexOf(one), 1);
        absent.push({ program: one.program, model: one.model, optimizer: one.optimizer, batch: one.batch, reason: said(one, problem) });
      }
    }
    longestMs = Math.max(longestMs, performance.now() - startMs);
  }
  return { measured, absent, rounds: taken };
}

/** @param {Entry} entry @param {unknown} problem */
function said(entry, problem) {
  const reason = /** @type {Error} */ (problem).message;
  say(`${nameOf(entry)}: no ${entry.program}: ${reason}`);
  return reason;
}

/** @param {Entry} entry @param {number} seconds @returns {Promise<Settings>} */
async function fastest(entry, seconds) {
  const looks = [];
  for (const settings of PROGRAMS[entry.program].settings) looks.push({ ...(await speedOf(entry, settings, seconds)), settings });
  const best = looks.reduce((one, other) => (other.examples_per_second > one.examples_per_second ? other : one));
  say(`${nameOf(entry)}: ${entry.program} at ${JSON.stringify(best.settings)}`);
  return best.settings;
}

/** @param {Entry} entry @param {Settings} settings @param {number} seconds */
function speedOf({ program, model, optimizer, batch }, { threads, jit, oneDNN }, seconds) {
  const { family, script } = PROGRAMS[program];
  return ask(family, script, { program, model, optimizer, batch, threads, jit, oneDNN, seconds, examples: EXAMPLES[model] });
}

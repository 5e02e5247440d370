// What a campaign found, as a row: of the JSON, and of a table in Markdown with machine and date.
import { execFileSync } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/**
 * @typedef {object} Row
 * @property {string} fault
 * @property {'short' | 'production'} timers
 * @property {number} tried
 * @property {number} lost
 * @property {number} duplicated
 * @property {number} digest_mismatches
 * @property {number} orphans
 * @property {number} other                  limits of time, left-overs, states that may not be
 * @property {number} worst_recovery_seconds
 * @property {string | null} skipped         why it was not tried
 * @property {string[]} findings
 * @property {string[]} notes
 */

/**
 * @param {import('./faults/fault.mjs').Fault} fault
 * @param {'short' | 'production'} timers
 * @param {number} times
 * @param {readonly import('./campaign.mjs').Round[]} rounds
 * @param {string | undefined} skipped
 * @returns {Row}
 */
export function rowOf(fault, timers, times, rounds, skipped) {
  const found = rounds.flatMap(({ findings }) => findings);
  const tried = rounds.reduce((sum, round) => sum + round.tried, 0);
  if (skipped === undefined && tried < times && !rounds.at(-1)?.finished) found.push({ kind: 'other', text: `it struck ${tried} times of ${times}` });
  const count = (/** @type {string} */ kind) => found.filter((finding) => finding.kind === kind).length;
  return {
    fault: fault.id,
    timers,
    tried,
    lost: count('lost'),
    duplicated: count('duplicated'),
    digest_mismatches: count('digest_mismatches'),
    orphans: count('orphans'),
    other: count('other'),
    worst_recovery_seconds: Math.max(0, ...rounds.map((round) => round.worst_recovery_seconds)),
    skipped: skipped ?? null,
    notes: [...new Set(rounds.flatMap(({ notes }) => notes))],
    findings: found.map(({ kind, text }) => `${kind}: ${text}`),
  };
}

const HEAD = `| fault | tried | lost | duplicated | digests differ | orphans | other | worst recovery | timers | seed | commit | date | machine |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
`;

/** A table that ends the file goes on; an empty or missing file gets its head. @param {string} file @param {Row} row @param {number} seed */
export async function appendRow(file, row, seed) {
  const empty = (await readFile(file, 'utf8').catch(() => '')) === '';
  const counts = [row.tried, row.lost, row.duplicated, row.digest_mismatches, row.orphans, row.other, `${row.worst_recovery_seconds} s`];
  const measured = row.skipped === null ? counts : [`not tried: ${row.skipped}`, ...Array(6).fill('')];
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node.js ${process.versions.node}`;
  const cells = [row.fault, ...measured, row.timers, seed, commit(), new Date().toISOString().slice(0, 10), machine];
  await appendFile(file, `${empty ? HEAD : ''}| ${cells.join(' | ')} |\n`);
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'no commit';
  }
}

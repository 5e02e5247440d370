// npm run chaos: strikes the real service with faults, and checks after each that nothing is lost, doubled, torn or left over.
import { parseArgs } from 'node:util';
import { closeCampaign, runCampaign } from './campaign.mjs';
import { FAULTS } from './faults/registry.mjs';
import { appendRow, rowOf } from './results.mjs';
import { State } from './state.mjs';

const usage = `Usage: npm run chaos -- [--faults F1,F8] [--times N] [--seed S] [--timers short|production] [--json]
                       [--minutes M] [--state DIR] [--results FILE] [--list]

  --faults   these faults only, once each unless --times says more; nothing is resumed
  --times    how often each strikes
  --seed     draws instants and victims; what is found is found again with the same seed (default 1)
  --timers   short: lock 3 s, stall check 1 s; production: the service's own (default short)
  --minutes  how long the soak lasts (F30; default 30)
  --state    where a run of the whole table goes on from (default chaos/.state)
  --results  append the rows to the table in Markdown that ends this file
  --json     the last line on stdout is one object

Without --faults: the whole table at its counts, each fault with short timers and then a few times with the service's own.
Exit status: 0 nothing was found, 1 something was, 2 wrong usage.`;

const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

/** @param {string} problem @returns {never} */
function refuse(problem) {
  say(`${problem}\n${usage}`);
  process.exit(2);
}

function readOptions() {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    const { values } = parseArgs({
      options: { faults: text, times: text, seed: { ...text, default: '1' }, timers: text, minutes: text, state: text, results: text, json: flag, list: flag, help: flag },
    });
    return values;
  } catch (problem) {
    return refuse(/** @type {Error} */ (problem).message);
  }
}

const options = readOptions();
const whole = (/** @type {'times' | 'seed' | 'minutes'} */ name, /** @type {number} */ least) => {
  const text = options[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) refuse(`--${name} is "${text}"; it takes a whole number from ${least}.`);
  return Number(text);
};
const [times, seed, minutes] = [whole('times', 1), whole('seed', 0) ?? 1, whole('minutes', 1)];
const { timers } = options;
if (timers !== undefined && timers !== 'short' && timers !== 'production') refuse(`--timers is "${timers}".`);

if (options.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
if (options.list) {
  for (const { id, what, holds, times } of FAULTS) process.stdout.write(`${id} ×${times}  ${what}: ${holds}\n`);
  process.exit(0);
}

const chosen = options.faults?.split(',').map((id) => FAULTS.find((fault) => fault.id === id) ?? refuse(`There is no fault "${id}".`));

/** @typedef {{ fault: import('./faults/fault.mjs').Fault, timers: 'short' | 'production', times: number }} Entry */
/** @type {Entry[]} */
const plan = chosen
  ? chosen.map((fault) => ({ fault, timers: timers ?? 'short', times: times ?? 1 }))
  : FAULTS.flatMap((fault) => [
      { fault, timers: /** @type {const} */ ('short'), times: times ?? fault.times },
      { fault, timers: /** @type {const} */ ('production'), times: fault.timesProduction ?? 3 },
    ]).filter((entry) => entry.times > 0 && (timers === undefined || entry.timers === timers));

// What a campaign starts is in sessions of its own and does not hear the terminal.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => void closeCampaign().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
}
const state = chosen ? undefined : new State(options.state ?? new URL('./.state', import.meta.url).pathname, seed);
const rows = [];
for (const entry of plan) rows.push(await runEntry(entry));
const broken = rows.filter((row) => row.findings.length > 0);
say(`\n${rows.length} rows, ${broken.length} with findings${broken.length > 0 ? `: ${broken.map((row) => `${row.fault} (${row.timers})`).join(', ')}` : ''}`);
if (options.json) process.stdout.write(`${JSON.stringify({ seed, faults: rows })}\n`);
process.exitCode = broken.length > 0 ? 1 : 0;

/** @param {Entry} entry */
async function runEntry({ fault, timers, times }) {
  const name = `${fault.id} (${timers})`;
  const skipped = await fault.cannot?.();
  if (skipped !== undefined) say(`${name}: SKIPPED, ${skipped}`);
  const rounds = state?.rounds(fault.id, timers) ?? [];
  const before = rounds.length;
  const onRound = (/** @type {import('./campaign.mjs').Round} */ round) => {
    rounds.push(round);
    state?.add(fault.id, timers, round);
    const tried = rounds.reduce((sum, one) => sum + one.tried, 0);
    say(`${name} round ${round.round}: ${tried} of ${times}${round.findings.length === 0 ? '' : `; seed ${seed}, kept in ${round.kept}`}`);
    for (const { kind, text } of round.findings) say(`  ${kind}: ${text}`);
    for (const text of round.notes) say(`  ${text}`);
  };
  if (skipped === undefined) await runCampaign(fault, { seed, times, timers, minutes, done: [...rounds], onRound });
  const row = rowOf(fault, timers, times, rounds, skipped);
  if (options.results && (rounds.length > before || skipped !== undefined)) await appendRow(options.results, row, seed);
  return row;
}

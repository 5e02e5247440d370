// Training steps a second, every program in turn, several rounds. Writes bench/results.md.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs, promisify } from 'node:util';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } });
const ROUNDS = options.quick ? 3 : 5;
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

/** Enough examples for a second or two of the slowest program. */
const EXAMPLES = { mlp: 20_000, cnn: 3_000 };
const WORK = /** @type {const} */ ([
  { model: 'mlp', optimizer: 'sgd', batch: 32 },
  { model: 'mlp', optimizer: 'sgd', batch: 128 },
  { model: 'mlp', optimizer: 'adam', batch: 32 },
  { model: 'cnn', optimizer: 'sgd', batch: 32 },
  { model: 'cnn', optimizer: 'sgd', batch: 128 },
]);
const PROGRAMS = /** @type {const} */ (['rootstock-captured', 'rootstock-eager', 'tfjs-fit']);
const THREADS = [1, 2];

/** @typedef {{ program: string, model: 'mlp' | 'cnn', optimizer: string, batch: number }} Row */

/** @param {Row} row @param {number} threads @returns {Promise<number>} examples a second */
async function measure({ program, model, optimizer, batch }, threads) {
  const script = new URL('./training/program.mjs', import.meta.url).pathname;
  const environment = { TF_NUM_INTRAOP_THREADS: String(threads), TF_NUM_INTEROP_THREADS: String(threads), TF_CPP_MIN_LOG_LEVEL: '2' };
  const request = JSON.stringify({ program, model, optimizer, batch, examples: EXAMPLES[model] });
  const { stdout } = await promisify(execFile)(process.execPath, [script, request], { env: { ...process.env, ...environment } });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').examples_per_second;
}

const median = (/** @type {number[]} */ values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const rows = WORK.flatMap((work) => PROGRAMS.map((program) => ({ program, ...work })));
/** Each program at its own best: one look at each number of threads. */
const threads = new Map();
for (const row of rows) {
  const speeds = [];
  for (const count of THREADS) speeds.push(await measure(row, count));
  threads.set(row, THREADS[speeds.indexOf(Math.max(...speeds))]);
}
const speeds = new Map(rows.map((row) => [row, /** @type {number[]} */ ([])]));
for (let round = 1; round <= ROUNDS; round += 1) {
  say(`round ${round} of ${ROUNDS}`);
  for (const row of rows) speeds.get(row)?.push(await measure(row, threads.get(row)));
}

const results = rows.map((row) => {
  const all = speeds.get(row) ?? [];
  const spread = [Math.min(...all), Math.max(...all)].map(Math.round);
  return { ...row, threads: threads.get(row), examples_per_second: Math.round(median(all)), spread };
});
const speedOf = (/** @type {Row} */ row, /** @type {string} */ program) =>
  results.find((one) => one.program === program && one.model === row.model && one.optimizer === row.optimizer && one.batch === row.batch)?.examples_per_second ?? NaN;
const ratios = Object.fromEntries(
  WORK.map((work) => {
    const row = { program: '', ...work };
    const against = (/** @type {string} */ program) => Math.round((10 * speedOf(row, 'rootstock-captured')) / speedOf(row, program)) / 10;
    return [`${work.model} ${work.optimizer} ${work.batch}`, { 'tfjs-fit': against('tfjs-fit'), 'rootstock-eager': against('rootstock-eager') }];
  }),
);

const thousands = (/** @type {number} */ value) => value.toLocaleString('en');
const table = [
  '| model | optimizer | batch | program | threads | examples/s (median) | min – max |',
  '|---|---|---|---|---|---|---|',
  ...results.map((row) =>
    `| ${row.model} | ${row.optimizer} | ${row.batch} | ${row.program} | ${row.threads} | ${thousands(row.examples_per_second)} | ${row.spread.map(thousands).join(' – ')} |`),
].join('\n');
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
const page = `# Results of the benches

Written by \`npm run bench -- training\` on ${new Date().toISOString().slice(0, 10)}: ${machine}. ${ROUNDS} rounds in turn, loss and accuracy
computed by all, two warm passes first. The machine is shared; compare rows with each other, not with other machines.

## Training

${table}

Recorded steps against others, ratio of medians:

${Object.entries(ratios).map(([work, ratio]) => `- ${work}: ${ratio['tfjs-fit']} × tfjs-fit, ${ratio['rootstock-eager']} × the same step taken plainly`).join('\n')}
`;
await writeFile(new URL('./results.md', import.meta.url), page);
say(table);
if (options.json) process.stdout.write(`${JSON.stringify({ rows: results, ratios })}\n`);

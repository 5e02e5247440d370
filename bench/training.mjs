// Training steps a second, every program in turn, several rounds. Writes bench/results.md.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { say } from '../scripts/setup/progress.mjs';
import { captureTimes, machine, sgemmCeiling } from './training/machine.mjs';
import { measureInTurn } from './training/measure.mjs';
import { page, summary } from './training/report.mjs';
import { PROGRAMS, ROWS, sitsOutQuick } from './training/rows.mjs';

const usage = `Usage: npm run bench -- training [--quick] [--json] [--only MODELS] [--programs NAMES]

  --quick      up to three rounds, as many as fit 8 minutes; less time each, the rows of MLP and CNN
  --json       the last line on stdout is one object: rows and ratios
  --only       these models only, by the start of their names: mlp,cnn,mobilenet
  --programs   these programs only: ${Object.keys(PROGRAMS).join(', ')}

results.md is written by a run of all models and programs, full or quick; a part is only shown.`;

const list = { type: /** @type {const} */ ('string') };
const flag = { type: /** @type {const} */ ('boolean'), default: false };
const { values: options } = parseArgs({ options: { json: flag, quick: flag, help: flag, only: list, programs: list } });
const models = options.only?.split(',');
const programs = options.programs?.split(',') ?? Object.keys(PROGRAMS);
const unknown = [
  ...programs.filter((name) => !Object.hasOwn(PROGRAMS, name)),
  ...(models ?? []).filter((name) => !ROWS.some((row) => row.model.startsWith(name))),
];
if (options.help || unknown.length > 0) {
  process.stderr.write(`${unknown.map((name) => `There is no program or model "${name}".\n`).join('')}${usage}\n`);
  process.exit(options.help ? 0 : 2);
}

const rows = ROWS.filter((row) => !models || models.some((name) => row.model.startsWith(name)));
const entries = rows
  .flatMap((row) => programs.filter((program) => PROGRAMS[program].models.includes(row.model)).map((program) => ({ program, ...row })))
  .filter((entry) => !options.quick || !sitsOutQuick(entry.program, entry));
const pace = options.quick
  ? { rounds: 3, seconds: 0.3, lookOnce: true, withinSeconds: 480 }
  : { rounds: 5, seconds: 1, lookOnce: false, withinSeconds: Infinity };

const ceiling = await sgemmCeiling();
const captures = await captureTimes();
const { measured, absent, rounds } = await measureInTurn(entries, pace);
const result = page({
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  run: options.quick
    ? `A quick run of ${rounds} rounds: settings looked for once a model; MobileNetV2, rootstock-eager and, but for the first row, what has no bar are left to the full run`
    : `A full run of ${rounds} rounds`,
  measured,
  absent,
  ceiling,
  captures,
});
say(`\n${result}`);
if (models || options.programs) say('a part was measured: bench/results.md is left as it was');
else await writeFile(new URL('./results.md', import.meta.url), result);
if (options.json) process.stdout.write(`${JSON.stringify(summary(measured))}\n`);

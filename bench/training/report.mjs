// What the training bench says in the end: the ratios against the bars, the page results.md, and the object for --json.
import { BARS, CEILING, nameOf, OURS, ROWS } from './rows.mjs';

/** @typedef {import('./measure.mjs').Measured} Measured */
/** @typedef {import('./measure.mjs').Absent} Absent */

/**
 * @typedef {object} Sitting
 * @property {string} date
 * @property {string} machine
 * @property {string} run       what was run: full or quick, and how many rounds
 * @property {Measured[]} measured
 * @property {Absent[]} absent
 * @property {{ gigaflops: number, threads: number } | { reason: string }} ceiling the SGEMM ceiling
 * @property {{ model: string, barSeconds: number, seconds?: number, reason?: string }[]} captures
 */

/** Floating-point operations in the products of one example's step: forward, and twice that backward; the first layer needs no gradient of its input. @type {Record<string, number>} */
const STEP_FLOPS = {
  mlp: 2 * (2 * 784 * 128 + 3 * 128 * 10),
  cnn: 2 * (2 * 26 * 26 * 9 * 32 + 3 * (11 * 11 * 9 * 32 * 64 + 1600 * 128 + 128 * 10)),
};

/** @param {readonly number[]} values the middle one; of an even count the mean of the middle two */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** @param {Measured} one */
const rowOf = ({ program, model, optimizer, batch, threads, speeds }) => ({
  program,
  model,
  optimizer,
  batch,
  threads,
  examples_per_second: Math.round(median(speeds)),
  spread: [Math.round(Math.min(...speeds)), Math.round(Math.max(...speeds))],
});

/**
 * @param {readonly Measured[]} measured one of each program and row
 * @returns {{ rows: ReturnType<typeof rowOf>[], ratios: Record<string, Record<string, number>> }} ratios of medians, rootstock-captured to each other program
 */
export function summary(measured) {
  const rows = measured.map(rowOf);
  /** @type {Record<string, Record<string, number>>} */
  const ratios = {};
  for (const row of rows) {
    const ours = rows.find((one) => one.program === OURS && nameOf(one) === nameOf(row));
    if (!ours || row === ours) continue;
    (ratios[nameOf(row)] ??= {})[row.program] = Math.round((100 * ours.examples_per_second) / row.examples_per_second) / 100;
  }
  return { rows, ratios };
}

/** @param {number} value @param {number} bar @param {boolean} reached */
const verdict = (value, bar, reached) => (reached ? 'reached' : `**not reached** (${value} against ${bar})`);

/** @param {readonly string[]} heads @param {readonly (readonly unknown[])[]} lines */
const table = (heads, lines) => [heads, heads.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const thousands = (/** @type {number} */ value) => value.toLocaleString('en');

/** @param {string} name of a row @param {ReturnType<typeof summary>} results @param {Sitting} sitting */
function section(name, { rows, ratios }, { measured, absent, ceiling }) {
  const bars = BARS[name];
  const lines = rows.filter((row) => nameOf(row) === name).map((row) => {
    const ratio = ratios[name]?.[row.program];
    const bar = bars[row.program];
    const held = bar === undefined || ratio === undefined ? ['', ''] : [bar, verdict(ratio, bar, ratio >= bar)];
    const one = measured.find((entry) => entry.program === row.program && nameOf(entry) === name);
    return [row.program, row.threads, thousands(row.examples_per_second), row.spread.map(thousands).join(' – '), ratio ?? '', ...held, one?.settings];
  });
  const missing = absent.filter((one) => nameOf(one) === name).map((one) => `- no ${one.program}: ${one.reason}`);
  const heads = ['program', 'threads', 'examples/s (median)', 'min – max', `${OURS} is × as fast`, 'bar', '', 'settings'];
  const ours = rows.find((row) => row.program === OURS && nameOf(row) === name);
  const flops = ours && STEP_FLOPS[ours.model];
  const share = ours && flops && 'gigaflops' in ceiling
    ? `${OURS} does ${Math.round((flops * ours.examples_per_second) / 1e9)} GFLOP/s in its products: ${Math.round((flops * ours.examples_per_second) / 1e7 / ceiling.gigaflops)} % of the ceiling.`
    : '';
  return [`### ${name}`, table(heads, lines), ...(missing.length > 0 ? [missing.join('\n')] : []), ...(share ? [share] : [])].join('\n\n');
}

/** @param {Sitting['captures'][number]} capture */
function captureLine({ model, barSeconds, seconds, reason }) {
  if (seconds === undefined) return [model, '', barSeconds, `absent: ${reason}`];
  return [model, seconds.toFixed(2), barSeconds, verdict(Number(seconds.toFixed(2)), barSeconds, seconds < barSeconds)];
}

/** @param {Sitting} sitting @returns {string} results.md */
export function page(sitting) {
  const results = summary(sitting.measured);
  const known = ROWS.map(nameOf).filter((name) => [...sitting.measured, ...sitting.absent].some((one) => nameOf(one) === name));
  const ceiling = 'gigaflops' in sitting.ceiling
    ? `${Math.round(sitting.ceiling.gigaflops)} GFLOP/s, tf.matmul of 1024 × 1024 float32 matrices, ${sitting.ceiling.threads} threads`
    : `absent: ${sitting.ceiling.reason}`;
  return `# Results of the benches

Written by \`npm run bench -- training\` on ${sitting.date}: ${sitting.machine}. ${sitting.run}.

Rounds in turn, each measurement in a process of its own: two warm passes over synthetic data of the same size, then timed passes; loss
and accuracy computed by all; each program with the settings that suit it best, ${CEILING} with the threads of ${OURS}.
Compare rows with each other, not with other machines. A bar is the least ratio of medians we want.

## Training

${known.map((name) => section(name, results, sitting)).join('\n\n')}

## Capture: from the call of fit to the end of the first step

${table(['model', 'seconds', 'bar: less than', ''], sitting.captures.map(captureLine))}

## SGEMM ceiling

${ceiling}.
`;
}

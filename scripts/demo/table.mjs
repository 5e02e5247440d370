// What the demo found, as a table: reported as measured, gain or not.
import { percent } from './api.mjs';

/**
 * @param {NodeJS.WriteStream} out
 * @param {any} result
 * @param {any} summary
 */
export function printTable(out, { jobs, scratch }, summary) {
  const row = (/** @type {string} */ what, /** @type {any} */ run) => [
    what,
    percent(run.metrics.test_accuracy),
    `${run.seconds.toFixed(1)} s`,
    `${Math.round(run.examples_per_second).toLocaleString('en')}`,
  ];
  const mainOf = (/** @type {any} */ job) => job.runs.find((/** @type {any} */ run) => run.role === 'main');
  const rows = [
    ['', 'test accuracy', 'training', 'examples/s'],
    row('source: pretrained on digits', mainOf(jobs.pretrain)),
    row('letters, parameter transfer', mainOf(jobs.parameter)),
    row('letters, feature transfer', mainOf(jobs.feature)),
    row('letters, structure transfer', mainOf(jobs.structure)),
    row('letters, from scratch (same steps, seed and order)', scratch),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  out.write('\n');
  for (const cells of rows) {
    out.write(`${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   ')}\n`);
  }
  out.write(`\nEngine ${summary.engine}; ${summary.seconds} s in all. One seed cannot tell a gain from chance.\n`);
  for (const [name, job] of Object.entries(jobs)) out.write(`  ${name.padEnd(10)} GET /v1/models/${job.model}/files/model.json\n`);
}

// What was measured: a line for each draw of a target, so that a bench of hours may be left off and gone on with; and the table of all lines.
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { intervalOf } from '../../dist/report/comparison.js';

/** Test accuracies by method, `scratch` among them. @typedef {{ source: string, task: string, examples: number, seed: number, accuracies: Record<string, number> }} Draw */
/** What methods are held against. */
export const SCRATCH = 'scratch';
export const AUTO = 'auto';
/** What auto is held against besides. */
export const OWN_SCRATCH = 'scratch with the steps of auto';
const CONFIDENCE = 0.95;

export class Measured {
  /** @type {Draw[]} */ draws = [];

  /** @param {string | undefined} path of a file with a line of JSON for each draw; none is kept unless given */
  constructor(path) {
    this.path = path;
  }

  /** @param {string | undefined} path */
  static async open(path) {
    const measured = new Measured(path);
    const lines = path !== undefined && existsSync(path) ? (await readFile(path, 'utf8')).split('\n').filter(Boolean) : [];
    for (const line of lines) measured.take(JSON.parse(line));
    return measured;
  }

  /** Whether this draw has been measured by all of these. @param {Omit<Draw, 'accuracies'>} place @param {string[]} methods */
  has(place, methods) {
    const accuracies = this.at(place)?.accuracies ?? {};
    return methods.every((method) => method in accuracies);
  }

  /** @param {Draw} draw */
  async add(draw) {
    this.take(draw);
    if (this.path !== undefined) await appendFile(this.path, `${JSON.stringify(draw)}\n`);
  }

  /** A draw may be measured by some methods now and by others later. @param {Draw} draw */
  take(draw) {
    const known = this.at(draw);
    if (known) Object.assign(known.accuracies, draw.accuracies);
    else this.draws.push(draw);
  }

  /** @param {Omit<Draw, 'accuracies'>} place */
  at({ source, task, examples, seed }) {
    return this.draws.find((draw) => draw.source === source && draw.task === task && draw.examples === examples && draw.seed === seed);
  }

  rows() {
    const cells = new Map(this.draws.map((draw) => [`${draw.source} ${draw.task} ${draw.examples}`, draw]));
    return [...cells.values()].flatMap(({ source, task, examples }) => {
      const draws = this.draws.filter((draw) => draw.source === source && draw.task === task && draw.examples === examples);
      const methods = [...new Set(draws.flatMap(({ accuracies }) => Object.keys(accuracies)))].filter((method) => method !== SCRATCH && method !== OWN_SCRATCH);
      const ofSource = new Set(this.draws.filter((draw) => draw.source === source).map((draw) => `${draw.task} ${draw.examples}`)).size;
      return methods.flatMap((method) => [
        rowOf({ source, task, examples }, method, draws, SCRATCH, ofSource),
        ...(method === AUTO ? [{ ...rowOf({ source, task, examples }, method, draws, OWN_SCRATCH, ofSource), method: 'auto, by scratch with as many steps' }] : []),
      ]);
    });
  }
}

/** @param {{ source: string, task: string, examples: number }} cell @param {string} method @param {Draw[]} draws @param {string} reference @param {number} cells how many there are of this source, for which the wider interval is corrected (Bonferroni) */
function rowOf(cell, method, draws, reference, cells) {
  const pairs = draws.filter(({ accuracies }) => method in accuracies && reference in accuracies).map(({ accuracies }) => [accuracies[method] ?? NaN, accuracies[reference] ?? NaN]);
  const differences = pairs.map(([own = NaN, other = NaN]) => own - other);
  return {
    ...cell, method, seeds: pairs.length,
    accuracy: mean(pairs.map(([own = NaN]) => own)), scratch: mean(pairs.map(([, other = NaN]) => other)), difference: mean(differences),
    interval: intervalOf(differences), corrected: intervalOf(differences, 1 - (1 - CONFIDENCE) / cells),
  };
}

const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {ReturnType<Measured['rows']>} rows */
export function tableOf(rows) {
  const points = (/** @type {number} */ part) => (100 * part).toFixed(1);
  const range = (/** @type {readonly [number, number] | null} */ interval) => (interval ? `${points(interval[0])} to ${points(interval[1])}` : 'one seed');
  return [
    '| source | task | examples | draws | method | accuracy | scratch | difference | interval | corrected |', '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.source} | ${row.task} | ${row.examples} | ${row.seeds} | ${row.method} | ${points(row.accuracy)} | ${points(row.scratch)} | ${points(row.difference)} | ${range(row.interval)} | ${range(row.corrected)} |`),
  ].join('\n');
}

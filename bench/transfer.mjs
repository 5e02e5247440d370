// Whether transfer helps, and which way of it: real digits to other digits and to letters, at several sizes of the target, each size drawn anew for
// each seed, every method on the same draws, through the whole service. Writes bench/transfer-results.md.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { intervalOf } from '../dist/report/comparison.js';
import { benchApi } from './api.mjs';
import { startForDemo } from '../scripts/demo/service.mjs';
import { draw, formOf, ofClasses, readPart, some } from './transfer/draws.mjs';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, seeds: { type: 'string' }, tasks: { type: 'string' }, sizes: { type: 'string' }, only: { type: 'string' },
  },
});
const SEEDS = Number(options.seeds ?? (options.quick ? 5 : 20));
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);
const data = process.env.ROOTSTOCK_REAL_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url));
const [mnist, notMnist] = [join(data, 'mnist'), join(data, 'notmnist')];
if (!existsSync(mnist) || !existsSync(notMnist)) throw new Error(`no MNIST and notMNIST in ${data}: say in ROOTSTOCK_REAL_DATA where they are`);

const AUTO = 'auto';
const OWN_SCRATCH = 'scratch with the steps of auto';
/** The ways a job may go; scratch is the baseline of parameter transfer. */
const ALL = {
  'parameter transfer': { preset: 'full' },
  linear_probe: { preset: 'linear_probe' },
  lp_ft: { preset: 'lp_ft' },
  fastai_fine_tune: { preset: 'fastai_fine_tune' },
  'L2-SP': { preset: 'full', loss_terms: [{ name: 'l2_sp' }] },
  // Says nothing of how: the service chooses, its epochs too. It has a baseline of its own besides, with as many steps as it took.
  [AUTO]: null,
};
const [SCRATCH] = Object.keys(ALL);
const METHODS = Object.fromEntries(Object.entries(ALL).filter(([method]) => method === SCRATCH || (options.only?.split(',').includes(method) ?? true)));
/** Few examples are gone over more often: as many epochs as bring training to an end, and the same for every method. */
const epochsOf = (/** @type {number} */ examples) => (examples <= 100 ? 50 : examples <= 500 ? 20 : examples <= 2_000 ? 10 : 5);

/** @typedef {{ name: string, sizes: number[], source: () => Promise<FormData>, target: () => Promise<(size: number, seed: number) => FormData> }} Task */
/** @type {Task[]} */
const TASKS = [
  {
    name: 'digits',
    sizes: [25, 50, 100, 500],
    async source() {
      const [train, test] = [ofClasses(await readPart(mnist, 'train'), [0, 1, 2, 3, 4]), ofClasses(await readPart(mnist, 't10k'), [0, 1, 2, 3, 4])];
      return formOf({ name: 'MNIST 0-4', train, test, classNames: ['0', '1', '2', '3', '4'] });
    },
    async target() {
      const [train, test] = [ofClasses(await readPart(mnist, 'train'), [5, 6, 7, 8, 9]), ofClasses(await readPart(mnist, 't10k'), [5, 6, 7, 8, 9])];
      return (size, seed) => formOf({ name: `MNIST 5-9, ${size}`, train: draw(train, size, seed), test, classNames: ['5', '6', '7', '8', '9'] });
    },
  },
  {
    name: 'letters',
    sizes: [50, 200, 1_000, 5_000],
    source: async () => formOf({ name: 'MNIST', train: await readPart(mnist, 'train'), test: await readPart(mnist, 't10k'), classNames: [...'0123456789'] }),
    async target() {
      const all = await readPart(notMnist, 't10k');
      const isTest = (/** @type {number} */ row) => row % 5 === 0;
      const rows = [...all.labels.keys()];
      const [train, test] = [some(all, rows.filter((row) => !isTest(row))), some(all, rows.filter(isTest))];
      return (size, seed) => formOf({ name: `notMNIST, ${size}`, train: draw(train, size, seed), test, classNames: [...'ABCDEFGHIJ'] });
    },
  },
];

const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
const service = await startForDemo(dataFolder);
const { ask, until, ended } = benchApi(service.url, { pollMs: 20 });
/** @type {{ task: string, examples: number, method: string, accuracy: number, scratch: number, difference: number, interval: readonly [number, number] | null }[]} */
const rows = [];
try {
  for (const { name, sizes, source, target } of TASKS.filter((task) => options.tasks?.split(',').includes(task.name) ?? true)) {
    const base = await ended({
      type: 'pretrain', dataset: await dataset(await source()), model: { architecture: 'mlp', hidden: [128] },
      training: { epochs: 5, batch_size: 32, optimizer: { name: 'sgd', learning_rate: 0.01 }, seed: 1 },
    });
    const made = await target();
    for (const size of options.sizes?.split(',').map(Number) ?? sizes) {
      /** @type {Record<string, number[]>} */ const accuracies = { scratch: [], [OWN_SCRATCH]: [], ...Object.fromEntries(Object.keys(METHODS).map((method) => [method, []])) };
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const id = await dataset(made(size, seed));
        for (const [method, transfer] of Object.entries(METHODS)) {
          const how = transfer
            ? { transfer: { kind: 'parameter', ...transfer }, head: 'replace', training: { epochs: epochsOf(size), seed }, baseline: { scratch: method === SCRATCH } }
            : { training: { preset: 'balanced', seed }, baseline: { scratch: true } };
          const job = await ended({ type: 'fine_tune', dataset: id, base_model: base.model, ...how });
          for (const { role, metrics } of job.runs) accuracies[role === 'main' ? method : transfer ? 'scratch' : OWN_SCRATCH]?.push(metrics.test_accuracy);
        }
      }
      const before = rows.length;
      for (const method of Object.keys(METHODS)) rows.push(rowOf(name, size, method, accuracies[method] ?? [], accuracies.scratch ?? []));
      if (AUTO in METHODS) rows.push(rowOf(name, size, `${AUTO}, by its own baseline`, accuracies[AUTO] ?? [], accuracies[OWN_SCRATCH] ?? []));
      for (const row of rows.slice(before)) say(written(row));
    }
  }
} finally {
  await service.stop();
  await rm(dataFolder, { recursive: true, force: true });
}
const table = `# Whether transfer helps

\`npm run bench -- transfer --seeds ${SEEDS}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}. Test accuracy in per cent, means over ${SEEDS} draws of the
target with a seed each; the difference from the same network from scratch, in points, with Student's interval of 95 % over the pairs. The source is the article's network, five epochs.

| task | examples | method | accuracy | scratch | difference | interval |
|---|---|---|---|---|---|---|
${rows.map(written).join('\n')}
`;
if (!options.tasks && !options.sizes && !options.only && !options.quick) await writeFile(new URL('./transfer-results.md', import.meta.url), table);
else say(table);
if (options.json) process.stdout.write(`${JSON.stringify({ seeds: SEEDS, rows })}\n`);

/** @param {string} task @param {number} examples @param {string} method @param {number[]} own @param {number[]} scratch */
function rowOf(task, examples, method, own, scratch) {
  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const differences = own.map((accuracy, at) => accuracy - (scratch[at] ?? NaN));
  return { task, examples, method, accuracy: mean(own), scratch: mean(scratch), difference: mean(differences), interval: intervalOf(differences) };
}

/** @param {(typeof rows)[number]} row */
function written({ task, examples, method, accuracy, scratch, difference, interval }) {
  const points = (/** @type {number} */ part) => (100 * part).toFixed(1);
  return `| ${task} | ${examples} | ${method} | ${points(accuracy)} | ${points(scratch)} | ${points(difference)} | ${interval ? `${points(interval[0])} to ${points(interval[1])}` : 'one seed'} |`;
}

/** @param {FormData} form @returns {Promise<string>} */
async function dataset(form) {
  const { id } = await ask('/v1/datasets', { method: 'POST', body: form });
  await until(`/v1/datasets/${id}`, 'ready');
  return id;
}

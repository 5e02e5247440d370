// Whether transfer helps, and which way of it: real digits to other digits and to letters, at several sizes of the target, each size drawn anew for
// each seed, every method on the same draws, through the whole service. Writes bench/transfer.md.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchApi } from './service-api.mjs';
import { startForDemo } from '../scripts/demo/service.mjs';
import { AUTO, Measured, OWN_SCRATCH, SCRATCH, tableOf } from './transfer/measured.mjs';
import { tasksOf } from './transfer/tasks.mjs';

const text = /** @type {const} */ ({ type: 'string' });
const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, seeds: text, sources: text, tasks: text, sizes: text, only: text, results: text },
});
const SEEDS = Number(options.seeds ?? (options.quick ? 5 : 20));
const say = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);
const data = process.env.ROOTSTOCK_REAL_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url));
for (const folder of ['mnist', 'notmnist']) if (!existsSync(join(data, folder))) throw new Error(`no ${folder} in ${data}: say in ROOTSTOCK_REAL_DATA where MNIST and notMNIST are`);
/** @param {string | undefined} asked @param {string} name */
const isAsked = (asked, name) => asked?.split(',').includes(name) ?? true;

/** What is pretrained: the article's network as it trains it, and a small convolutional one. */
const SOURCES = {
  mlp: { model: { architecture: 'mlp', hidden: [128] }, training: { epochs: 5, batch_size: 32, optimizer: { name: 'sgd', learning_rate: 0.01 }, seed: 1 } },
  cnn: { model: { architecture: 'cnn' }, training: { epochs: 5, batch_size: 32, optimizer: { name: 'adam' }, seed: 1 } },
};
/** The plans that are compared, with as many epochs each: the network from fresh weights, and what is carried over in one way or another. */
const COMPARED = {
  scratch: { kind: 'structure', inherit: 'none' },
  parameter_transfer: { kind: 'parameter', preset: 'full' },
  linear_probe: { kind: 'parameter', preset: 'linear_probe' },
  lp_ft: { kind: 'parameter', preset: 'lp_ft' },
  fastai_fine_tune: { kind: 'parameter', preset: 'fastai_fine_tune' },
  l2_sp: { kind: 'parameter', preset: 'full', loss_terms: [{ name: 'l2_sp' }] },
};
/** Says nothing of how: the service chooses, its epochs too. So it has a baseline of its own besides, with as many steps as it took. */
const isWanted = (/** @type {string} */ method) => isAsked(options.only, method);
const PLANS = Object.entries(COMPARED).filter(([method]) => method === SCRATCH || isWanted(method));
/** Few examples are gone over more often: as many epochs as bring training to an end, and the same for every method. */
const epochsOf = (/** @type {number} */ examples) => (examples <= 100 ? 50 : examples <= 500 ? 20 : examples <= 2_000 ? 10 : 5);

const measured = await Measured.open(options.results);
const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
const service = await startForDemo(dataFolder);
const { ask, until, ended } = benchApi(service.url, { pollMs: 20 });
try {
  for (const [source, request] of Object.entries(SOURCES).filter(([name]) => isAsked(options.sources, name))) {
    for (const task of tasksOf(data).filter(({ name }) => isAsked(options.tasks, name))) await measure(source, request, task);
  }
} finally {
  await service.stop();
  await rm(dataFolder, { recursive: true, force: true });
}
const isWhole = !options.sources && !options.tasks && !options.sizes && !options.only && !options.quick;
const page = `# Whether transfer helps

\`npm run bench -- transfer --seeds ${SEEDS}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}. Test accuracy in per cent, means over draws of the
target with a seed each; the difference from the same network from scratch, in points, with Student's interval of 95 % over the pairs, and the same corrected for the number of cells of its source
(Bonferroni). The sources are the article's network, five epochs, and a small convolutional one, five epochs of Adam. All methods but \`auto\` take as many epochs by the article's settings; \`auto\` chooses, and is held
against scratch with as many steps and the same optimizer besides.

${tableOf(measured.rows())}
`;
if (isWhole) await writeFile(new URL('./transfer.md', import.meta.url), page);
else say(page);
if (options.json) process.stdout.write(`${JSON.stringify({ seeds: SEEDS, rows: measured.rows() })}\n`);

/** @param {string} source @param {object} request @param {import('./transfer/tasks.mjs').Task} task */
async function measure(source, request, { name, sizes, source: sourceData, target }) {
  const left = (options.sizes?.split(',').map(Number) ?? sizes).flatMap((examples) =>
    Array.from({ length: SEEDS }, (_, at) => ({ source, task: name, examples, seed: at + 1 })).filter((draw) => !measured.has(draw, [...PLANS.map(([method]) => method), ...(isWanted(AUTO) ? [AUTO] : [])])),
  );
  if (left.length === 0) return;
  const base = await ended({ type: 'pretrain', dataset: await dataset(await sourceData()), ...request });
  const made = await target();
  for (const draw of left) {
    const id = await dataset(made(draw.examples, draw.seed));
    const accuracies = {
      ...(measured.has(draw, PLANS.map(([method]) => method)) ? {} : await compared(id, base.model, draw)),
      ...(isWanted(AUTO) && !measured.has(draw, [AUTO]) ? await automatic(id, base.model, draw) : {}),
    };
    await measured.add({ ...draw, accuracies });
    say(`${source} ${name} ${draw.examples}, seed ${draw.seed}: ${Object.entries(accuracies).map(([method, accuracy]) => `${method} ${(100 * accuracy).toFixed(1)}`).join(', ')}`);
  }
}

/** @param {string} dataset @param {string} base @param {{ examples: number, seed: number }} draw @returns {Promise<Record<string, number>>} */
async function compared(dataset, base, { examples, seed }) {
  const candidates = PLANS.map(([name, transfer]) => ({ name, transfer, head: 'replace', training: { epochs: epochsOf(examples) } }));
  const { runs } = await ended({ type: 'compare', dataset, base_model: base, seeds: 1, seed, candidates });
  return Object.fromEntries(runs.map((/** @type {any} */ { candidate, metrics }) => [candidate, metrics.test_accuracy]));
}

/** @param {string} dataset @param {string} base @param {{ seed: number }} draw @returns {Promise<Record<string, number>>} */
async function automatic(dataset, base, { seed }) {
  const { runs } = await ended({ type: 'fine_tune', dataset, base_model: base, training: { preset: 'balanced', seed }, baseline: { scratch: true } });
  return Object.fromEntries(runs.map((/** @type {any} */ { role, metrics }) => [role === 'main' ? AUTO : OWN_SCRATCH, metrics.test_accuracy]));
}

/** @param {FormData} form @returns {Promise<string>} */
async function dataset(form) {
  const { id } = await ask('/v1/datasets', { method: 'POST', body: form });
  await until(`/v1/datasets/${id}`, 'ready');
  return id;
}

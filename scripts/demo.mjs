// npm run demo: the main job, start to finish, over HTTP as in the README: digits, then letters by all three transfers and
// from scratch. `--digits DIR --letters DIR` takes folders of IDX files; `--json` ends with one line of JSON.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiOf } from './demo/api.mjs';
import { startForDemo } from './demo/service.mjs';
import { printTable } from './demo/table.mjs';

const { values: options } = parseArgs({
  options: {
    digits: { type: 'string' },
    letters: { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

// With --json, stdout carries the one line of JSON last; progress goes to stderr.
const out = options.json ? process.stderr : process.stdout;
const say = (/** @type {string} */ text) => void out.write(`${text}\n`);

const started = performance.now();
const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-demo-'));
const service = await startForDemo(dataFolder);
try {
  const result = await runDemo(apiOf(service.url, out));
  const summary = { ...result.summary, seconds: secondsSince(started) };
  printTable(out, result, summary);
  say(options.keep ? `Artifacts stay in ${join(dataFolder, 'store', 'models')}` : 'Run with --keep to keep the service’s folder and its artifacts.');
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
} finally {
  await service.stop();
  if (!options.keep) await rm(dataFolder, { recursive: true, force: true });
}

/** @param {ReturnType<typeof apiOf>} api */
async function runDemo(api) {
  const digits = await api.dataset('digits', options.digits, 'glyph_digits');
  const letters = await api.dataset('letters', options.letters, 'glyph_letters');

  const pretrain = await api.job('pretrain on digits', {
    type: 'pretrain',
    name: 'digits',
    dataset: digits,
    model: { architecture: 'mlp', hidden: [128] },
    training: { epochs: 5, batch_size: 32, optimizer: { name: 'sgd', learning_rate: 0.01 }, seed: 1 },
  });
  /** @param {string} kind @param {object} transfer @param {boolean} scratch */
  const fineTune = (kind, transfer, scratch) =>
    api.job(`${kind} transfer to letters`, {
      type: 'fine_tune',
      name: `letters by ${kind} transfer`,
      dataset: letters,
      base_model: pretrain.model,
      transfer: { kind, ...transfer },
      baseline: { scratch },
    });
  const parameter = await fineTune('parameter', {}, true);
  const feature = await fineTune('feature', { cut: 'penultimate' }, false);
  const structure = await fineTune(
    'structure',
    { edits: [{ insert_after: 'dense_1', layer: { class_name: 'Dense', config: { units: 64, activation: 'relu' } } }] },
    false,
  );

  const main = pretrain.runs[0];
  const accuracy = (/** @type {any} */ job) => ({ test_accuracy: job.metrics.test_accuracy });
  const scratch = parameter.runs.find((/** @type {any} */ run) => run.role === 'baseline');
  return {
    url: service.url,
    jobs: { pretrain, parameter, feature, structure },
    scratch,
    summary: {
      engine: `${pretrain.engine.name} ${pretrain.engine.version} (${pretrain.engine.device})`,
      pretrain: {
        test_accuracy: pretrain.metrics.test_accuracy,
        examples_per_second: Math.round(main.examples_per_second),
        seconds: Math.round(main.seconds * 10) / 10,
      },
      fine_tune: { parameter: accuracy(parameter), feature: accuracy(feature), structure: accuracy(structure) },
      scratch: { test_accuracy: scratch.metrics.test_accuracy },
    },
  };
}

/** @param {number} since */
function secondsSince(since) {
  return Math.round((performance.now() - since) / 100) / 10;
}

// Features of a base network: what keeping them saves the second job on it, and how fast they are computed beside Keras's predict.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCache } from './features/cache.mjs';
import { measureExtraction } from './features/extraction.mjs';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, pictures: { type: 'string' }, only: { type: 'string' } },
});
const say = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);
const rounds = (/** @type {number} */ usual) => Number(options.rounds ?? (options.quick ? 1 : usual));

const PARTS = {
  cache: () => measureCache({ pictures: Number(options.pictures ?? (options.quick ? 2_000 : 12_000)), rounds: rounds(3), say }),
  extraction: () => measureExtraction({ rounds: rounds(5), examples: options.quick ? 512 : 1_024, seconds: options.quick ? 2 : 6, say }),
};
/** @type {Record<string, object>} */ const results = {};
for (const [part, measure] of Object.entries(PARTS)) if (options.only === undefined || options.only === part) results[part] = await measure();
if (options.json) process.stdout.write(`${JSON.stringify({ cpus: cpus().length, ...results })}\n`);

// Gets a checkout ready to run: npm packages, the native engine, a queue server and the build. Run it as often as you like.
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStep } from './setup/build.mjs';
import { locateCache, openCache, removeLeftovers } from './setup/cache.mjs';
import { ENGINE_CHOICES, engineStep } from './setup/engine.mjs';
import { exitWith } from './setup/failure.mjs';
import { withLock } from './setup/lock.mjs';
import { packagesStep } from './setup/packages.mjs';
import { say } from './setup/progress.mjs';
import { queueServerStep } from './setup/queue-server.mjs';
import { requirePlatform, requireTools } from './setup/tools.mjs';

const usage = `Usage: node scripts/setup.mjs [--quiet] [--engine auto|cpu|cuda|upstream] [--wheels DIR]

  --quiet    say nothing when there is nothing to do
  --engine   which TensorFlow to train with (ENGINE; default auto: CUDA where nvidia-smi answers, else CPU)
  --wheels   take the binary packages from this folder instead of the network (ROOTSTOCK_WHEELS)`;

/** @param {string[]} args */
function readOptions(args) {
  try {
    const options = /** @type {const} */ ({ quiet: { type: 'boolean' }, engine: { type: 'string' }, wheels: { type: 'string' }, help: { type: 'boolean' } });
    const { values } = parseArgs({ args, options });
    const choice = values.engine ?? (process.env.ENGINE || 'auto');
    if (!ENGINE_CHOICES.includes(choice)) throw new Error(`There is no engine "${choice}".`);
    return { ...values, choice: /** @type {import('./setup/engine.mjs').EngineChoice} */ (choice) };
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n${usage}\n`);
    process.exit(2);
  }
}

/** @param {ReturnType<typeof readOptions>} options */
async function setUp({ quiet, choice, wheels }) {
  requirePlatform();
  const root = fileURLToPath(new URL('..', import.meta.url));
  const cache = locateCache(process.env);
  const from = wheels ?? (process.env.ROOTSTOCK_WHEELS || null);
  const place = { root, cache, wheels: from === null ? null : resolve(from) };
  const packages = packagesStep({ root, production: process.env.NODE_ENV === 'production' });
  // What each step of a row needs is made by those before it, and by the packages; the rows need nothing of each other.
  const rows = [[engineStep({ ...place, choice }), queueServerStep(place)], [buildStep(place)]];
  const steps = [packages, ...rows.flat()];
  // Installing the packages empties node_modules, and with it what the later steps put there.
  const waiting = packages.isDone() ? steps.filter((step) => !step.isDone()) : steps;
  if (waiting.length === 0) return void (quiet || say('set-up: everything is in place'));
  // Everything that is missing is named at once, before the first minute is spent.
  requireTools(waiting.flatMap((step) => step.needs()));
  openCache(cache);
  await withLock(cache, async () => {
    removeLeftovers(cache);
    await runRow([packages]);
    const ended = await Promise.allSettled(rows.map(runRow));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  });
  say('set-up: done');
}

/** @param {import('./setup/steps.mjs').Step[]} steps */
async function runRow(steps) {
  // Asked again: another set-up may have done it while this one waited.
  for (const step of steps) if (!step.isDone()) await step.run();
}

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(usage);
else await setUp(options).catch(exitWith);

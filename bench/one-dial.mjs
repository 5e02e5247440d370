// What it takes from a folder of pictures to a checked model, with nothing said of how: a zip of 400 pictures at 224 px, MobileNetV2 (0.35) as the base,
// three requests. Phase by phase, in time and in processor time of the service and its children, which says more on a machine that is busy.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { benchApi } from './service-api.mjs';
import { npzOfWaves } from './features/pictures.mjs';
import { zipOf } from './ingest/zip-writer.mjs';
import { Meter } from './one-dial/meter.mjs';
import { startForDemo } from '../scripts/demo/service.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, rounds: { type: 'string' } } });
const ROUNDS = Number(options.rounds ?? (options.quick ? 1 : 3));
const PICTURES = 400;
const CLASSES = ['waves', 'stripes', 'checks', 'dots'];
const SIDE = 224;
const BAR_SECONDS = 20;
/** A worker is at rest when its next child has had the time to get ready. */
const REST_MS = 5_000;
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

const dataFolder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
const service = await startForDemo(dataFolder);
const { ask, until, ended } = benchApi(service.url, { pollMs: 20 });
try {
  // Where no public weights can be had, fresh ones do: what is measured is the way, not what it comes to.
  const form = new FormData();
  form.set('file', new Blob([await npzOfWaves(64, SIDE)]), 'waves.npz');
  const source = await until(`/v1/datasets/${(await ask('/v1/datasets', { method: 'POST', body: form })).id}`, 'ready');
  const base = await ended({ type: 'pretrain', dataset: source.id, model: { architecture: 'mobilenet_v2', width: 0.35 }, training: { epochs: 1, batch_size: 16, seed: 1, budget: { steps: 2 } } });
  const zip = await zipOf(await pictures());
  /** @type {Record<string, Part>[]} */ const rounds = [];
  while (rounds.length < ROUNDS) {
    await rm(join(dataFolder, 'cache'), { recursive: true, force: true });
    await delay(REST_MS);
    rounds.push(await oneWay(zip, base.model));
    say(JSON.stringify(rounds.at(-1)));
  }
  say(`\n${PICTURES} JPEG pictures of ${SIDE} px in a zip, MobileNetV2 0.35; ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}; medians of ${ROUNDS}\n`);
  say('| part | s | s of processor |\n|---|---|---|');
  for (const name of Object.keys(rounds[0] ?? {})) {
    const of = (/** @type {keyof Part} */ key) => middle(rounds.map((round) => round[name]?.[key] ?? NaN)).toFixed(1);
    say(`| ${name} | ${of('seconds')} | ${of('processorSeconds')} |`);
  }
  say(`\nbar: ${BAR_SECONDS} s on two cores with nothing else running; two cores give 2 s of processor time a second`);
  if (options.json) process.stdout.write(`${JSON.stringify({ load: loadavg()[0], rounds })}\n`);
} finally {
  await service.stop();
  await rm(dataFolder, { recursive: true, force: true });
}

/** @typedef {import('./one-dial/meter.mjs').Part} Part */

/** Three requests, and looks at what became of them. @param {Buffer} zip @param {string} base @returns {Promise<Record<string, Part>>} */
async function oneWay(zip, base) {
  const meter = new Meter(service.pid);
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(zip)]), 'pictures.zip');
  form.set('pictures', JSON.stringify({ width: SIDE, height: SIDE, channels: 3 }));
  const { id } = await ask('/v1/datasets', { method: 'POST', body: form });
  meter.mark('1. POST the zip, answered');
  await until(`/v1/datasets/${id}`, 'ready');
  meter.mark('read, packed and reported');
  const job = await ask('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ type: 'fine_tune', dataset: id, base_model: base }) });
  meter.mark('2. POST the job, answered');
  await until(`/v1/jobs/${job.id}`, 'succeeded');
  meter.mark('planned training, test, report, files, replay');
  const report = await ask(`/v1/jobs/${job.id}/report`);
  if (report.object !== 'transfer_report' || job.spec.stages.length !== 1) throw new Error('the plan was another one');
  meter.mark('3. GET the report');
  /** @type {{ type: string, created_at: string }[]} */
  const events = (await ask(`/v1/jobs/${job.id}/events`)).data;
  const at = (/** @type {string} */ type) => Date.parse(events.find((event) => event.type === type)?.created_at ?? '');
  say(`   running → features ${(at('run.features_ready') - at('job.running')) / 1000} s, → solved and tested ${(at('run.finished') - at('run.features_ready')) / 1000} s, report ${(at('job.finalizing') - at('run.finished')) / 1000} s, files ${(at('job.succeeded') - at('job.finalizing')) / 1000} s`);
  return meter.parts();
}

/** JPEG files by class folder, the same each time. @returns {Promise<{ name: string, bytes: Buffer }[]>} */
async function pictures() {
  const files = [];
  for (let index = 0; index < PICTURES; index += 1) {
    const kind = index % CLASSES.length;
    const raw = Buffer.alloc(SIDE * SIDE * 3);
    const [size, start] = [8 + (index % 11), index * 0.7];
    for (let row = 0, at = 0; row < SIDE; row += 1) {
      for (let column = 0; column < SIDE; column += 1) {
        const x = (column + start) / size;
        const y = (row + start) / size;
        const value = [Math.sin(x + Math.sin(y)), Math.sin(x), Math.sin(x) * Math.sin(y), Math.cos(Math.hypot((x % 6) - 3, (y % 6) - 3))][kind] ?? 0;
        for (let channel = 0; channel < 3; channel += 1, at += 1) raw[at] = 128 + 90 * value + 20 * Math.sin(index + channel);
      }
    }
    files.push({ name: `${CLASSES[kind]}/${index}.jpg`, bytes: await sharp(raw, { raw: { width: SIDE, height: SIDE, channels: 3 } }).jpeg().toBuffer() });
  }
  return files;
}

/** @param {number[]} values */
function middle(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

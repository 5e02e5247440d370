// How fast data sets are read by the real service, with their report, and in how much memory: small JPEGs in a zip by class folder, and a
// large CSV. Each is sent as the body of a request and read several times.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startForDemo } from '../scripts/demo/service.mjs';
import { watchMemory } from './ingest/memory.mjs';
import { writePictures, writeTable } from './ingest/sources.mjs';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, only: { type: 'string', default: 'pictures,table' }, rounds: { type: 'string', default: '3' } },
});
const MIB = 2 ** 20;
const PICTURES = options.quick ? 10_000 : 100_000;
const TABLE_BYTES = options.quick ? 100e6 : 2e9;
const POLL_MS = 100;
const RESULTS = fileURLToPath(new URL('ingest-results.md', import.meta.url));
/** In MiB, and pictures a second on two cores. */
const BARS = { ingest: 600, api: 100, pictures: 1_000 };
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

/** @typedef {{ seconds: number, processorSeconds: number, uploadSeconds: number, ingestMiB: number, apiMiB: number, load: number }} Round */
/** @typedef {{ name: string, file: string, rows: number, bytes: number, rounds: Round[] }} Series */

const SOURCES = {
  pictures: async (/** @type {string} */ path) => (await writePictures(path, PICTURES), PICTURES),
  table: (/** @type {string} */ path) => writeTable(path, TABLE_BYTES),
};
const FILES = { pictures: 'pictures.zip', table: 'table.csv' };

const folder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
try {
  /** @type {Series[]} */
  const series = [];
  for (const name of /** @type {(keyof typeof SOURCES)[]} */ (options.only.split(','))) series.push(await measured(name));
  const text = reportOf(series);
  say(text);
  if (!options.quick && options.only.includes(',')) await writeFile(RESULTS, text);
  if (options.json) process.stdout.write(`${JSON.stringify(series)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {keyof typeof SOURCES} name @returns {Promise<Series>} */
async function measured(name) {
  const path = join(folder, FILES[name]);
  const rows = await SOURCES[name](path);
  const { size } = await stat(path);
  say(`${name}: ${rows} rows, ${(size / 1e6).toFixed(0)} MB`);
  const rounds = [];
  while (rounds.length < Number(options.rounds)) rounds.push(await round(path, FILES[name], rows));
  await rm(path);
  return { name, file: FILES[name], rows, bytes: size, rounds };
}

/** A service of its own for each, so that what one leaves in memory is not the next one's. @param {string} path @param {string} name @param {number} rows @returns {Promise<Round>} */
async function round(path, name, rows) {
  const dataFolder = await mkdtemp(join(folder, 'data-'));
  const service = await startForDemo(dataFolder);
  try {
    const memory = watchMemory(service.pid);
    const began = performance.now();
    const { id } = await ask(service.url, `/v1/datasets?name=${name}`, {
      method: 'POST', body: /** @type {any} */ (createReadStream(path)), duplex: 'half', headers: { 'content-type': 'application/octet-stream' },
    });
    const sent = performance.now();
    for (;;) {
      const { status, error, content } = await ask(service.url, `/v1/datasets/${id}`);
      if (status === 'invalid') throw new Error(error.message);
      if (status !== 'ready') {
        await delay(POLL_MS);
        continue;
      }
      const ready = performance.now();
      if (content.parts.train.examples + content.parts.test.examples !== rows) throw new Error(`${name}: some of ${rows} rows are missing`);
      const { ingestPeak, ingestSeconds, apiGrowth } = memory.end();
      const measures = { seconds: (ready - sent) / 1000, processorSeconds: ingestSeconds, uploadSeconds: (sent - began) / 1000, ingestMiB: ingestPeak / MIB, apiMiB: apiGrowth / MIB, load: loadavg()[0] ?? NaN };
      say(`${name}: ${JSON.stringify(measures)}`);
      return measures;
    }
  } finally {
    await service.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** @param {string} url @param {string} path @param {RequestInit & { duplex?: 'half' }} [init] @returns {Promise<any>} */
async function ask(url, path, init) {
  const answer = await fetch(url + path, init);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** @param {number[]} values */
function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} (${sorted[0]?.toFixed(0)} – ${sorted.at(-1)?.toFixed(0)})`;
}

/** @param {Series[]} series */
function reportOf(series) {
  const cells = series.map(({ file, rows, bytes, rounds }) => [
    `${file}, ${rows.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(0)} MB`,
    middle(rounds.map(({ seconds }) => rows / seconds)),
    middle(rounds.map(({ processorSeconds }) => rows / processorSeconds)),
    middle(rounds.map(({ seconds }) => bytes / 1e6 / seconds)),
    middle(rounds.map(({ uploadSeconds }) => bytes / 1e6 / uploadSeconds)),
    middle(rounds.map(({ ingestMiB }) => ingestMiB)),
    middle(rounds.map(({ apiMiB }) => apiMiB)),
    middle(rounds.map(({ load }) => load)),
  ]);
  return [
    '# Reading data sets', '',
    `\`npm run bench -- ingest\` on ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}: medians of ${options.rounds} readings (least – most), from the end of the upload to \`ready\`, the report made as always.`,
    `Bars: the ingest child under ${BARS.ingest} MiB, the API process grown by less than ${BARS.api} MiB, ${BARS.pictures.toLocaleString('en')} small JPEGs a second on two cores with nothing else running.`, '',
    '| source | rows/s | rows per processor second | MB/s | upload, MB/s | ingest child at most, MiB | API process grew by, MiB | load |',
    '|---|---|---|---|---|---|---|---|',
    ...cells.map((row) => `| ${row.join(' | ')} |`), '',
  ].join('\n');
}

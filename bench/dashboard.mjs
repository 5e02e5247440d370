// How the dashboard feels: when it first shows something useful, whether it stutters with many jobs and long curves, and whether a day of events makes it grow.
// A real browser on the real service. The jobs are real; their curves and one log are then made as long as a bad case has them.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startForDemo } from '../scripts/demo/service.mjs';
import { openBrowser } from './dashboard/browser.mjs';
import { benchApi } from './service-api.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } });
const JOBS = options.quick ? 20 : 100;
const POINTS = 10_000;
/** One a second for a day. */
const EVENTS = options.quick ? 8_640 : 86_400;
const PAINTS = 5;
const COMPARED = 6;
const MIB = 2 ** 20;
const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

const folder = await mkdtemp(join(tmpdir(), 'rootstock-bench-'));
try {
  const ids = await trained();
  await lengthen(ids);
  const service = await startForDemo(folder, { WORKERS: '0' });
  const browser = await openBrowser();
  try {
    const result = {
      load: loadavg()[0],
      useful_paint_ms: await paints(browser, service.url),
      longest_task_ms: await stutters(browser, service.url, ids),
      events: await growth(browser, service.url, ids[0]),
    };
    say(JSON.stringify(result, null, 2));
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    await browser.close();
    await service.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** So many small jobs. @returns {Promise<string[]>} */
async function trained() {
  const service = await startForDemo(folder);
  try {
    const { ask, until } = benchApi(service.url, { pollMs: 50 });
    const post = (/** @type {string} */ path, /** @type {object} */ body) => ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const { id: dataset } = await post('/v1/datasets', { generate: { name: 'glyph_digits', examples: 100 } });
    await until(`/v1/datasets/${dataset}`, 'ready');
    const ids = [];
    for (let at = 0; at < JOBS; at++) ids.push((await post('/v1/jobs', { type: 'pretrain', name: `job ${at}`, dataset, model: { architecture: 'mlp', hidden: [2] }, training: { epochs: 1, seed: at } })).id);
    for (const id of ids) await until(`/v1/jobs/${id}`, 'succeeded');
    return ids;
  } finally {
    await service.stop();
  }
}

/** Curves of all, and the log of the first. @param {string[]} ids */
async function lengthen(ids) {
  const jobs = join(folder, 'store', 'jobs');
  for (const [place, id] of ids.entries()) {
    const lines = Array.from({ length: POINTS }, (_, at) => JSON.stringify({ run: 'main', role: 'main', stage: 0, epoch: Math.floor(at / 100) + 1, step: at + 1, values: { loss: Math.exp(-at / 2000) + 0.1 * Math.sin(at * (1 + place / 7)), accuracy: 1 - Math.exp(-at / 3000) } }));
    for (const attempt of await readdir(join(jobs, id, 'attempts'))) await writeFile(join(jobs, id, 'attempts', attempt, 'metrics.jsonl'), `${lines.join('\n')}\n`);
  }
  const log = join(jobs, ids[0], 'events.jsonl');
  const told = (await readFile(log, 'utf8')).trimEnd().split('\n');
  const epoch = JSON.parse(/** @type {string} */ (told.find((line) => line.includes('"epoch.finished"'))));
  const lines = Array.from({ length: EVENTS }, (_, at) => JSON.stringify({ ...epoch, id: String(at + 1) }));
  await writeFile(log, `${lines.join('\n')}\n`);
  // What closes the log comes after them.
  const last = join(jobs, ids[0], 'last-event.json');
  await writeFile(last, JSON.stringify({ ...JSON.parse(await readFile(last, 'utf8')), id: String(EVENTS + 1) }));
}

/** From the start of the navigation to the first row of jobs, in a browser that knows nothing. @param {import('playwright-core').Browser} browser @param {string} url */
async function paints(browser, url) {
  const times = [];
  while (times.length < PAINTS) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${url}/#/jobs`);
    await page.waitForSelector('table.jobs tbody tr');
    times.push(await page.evaluate('performance.now()'));
    await context.close();
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(PAINTS / 2)]);
}

/** The longest task while somebody scrolls and zooms. @param {import('playwright-core').Browser} browser @param {string} url @param {string[]} ids */
async function stutters(browser, url, ids) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await page.addInitScript('globalThis.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });');
  /** @type {number[]} */
  const loading = [];
  const during = async (/** @type {string} */ address, /** @type {string} */ seen, /** @type {() => Promise<void>} */ act) => {
    await page.goto(`${url}/#${address}`);
    await page.waitForSelector(seen);
    await page.waitForTimeout(1500);
    loading.push(await page.evaluate('Math.max(0, ...tasks)'));
    await page.evaluate('tasks.length = 0');
    await act();
    await page.waitForTimeout(500);
    return Math.round(await page.evaluate('Math.max(0, ...tasks)'));
  };
  const scroll = async () => {
    for (let at = 0; at < 30; at++) {
      await page.mouse.wheel(0, at < 15 ? 300 : -300);
      await page.waitForTimeout(50);
    }
  };
  const zoom = async () => {
    const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (await page.locator('.curves').first().boundingBox());
    for (const [from, to] of [[0.2, 0.8], [0.3, 0.7], [0.4, 0.6]]) {
      await page.mouse.move(box.x + from * box.width, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + to * box.width, box.y + box.height / 2, { steps: 10 });
      await page.mouse.up();
    }
    await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2);
  };
  const acting = {
    list_scrolled: await during('/jobs', 'table.jobs tbody tr', scroll),
    curves_zoomed: await during(`/jobs/${ids[1]}`, '.curves', zoom),
    compared_zoomed: await during(`/compare?ids=${ids.slice(1, 1 + COMPARED).join(',')}`, '.curves', zoom),
  };
  // That there are some shows that they are seen.
  return { ...acting, while_loading: Math.round(Math.max(...loading)) };
}

/** Heap of the page before and after all events were replayed to it. @param {import('playwright-core').Browser} browser @param {string} url @param {string} id */
async function growth(browser, url, id) {
  const page = await (await browser.newContext()).newPage();
  const session = await page.context().newCDPSession(page);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize / MIB;
  };
  await page.goto(`${url}/#/jobs/${id}/events`);
  await page.getByText(/the last 500 are here/).waitFor();
  const first = await heap();
  await page.getByText(`${(EVENTS + 1).toLocaleString('en-US')}\u00a0events`).waitFor({ timeout: 300_000 });
  return { replayed: EVENTS, heap_mib_at_500: Number(first.toFixed(1)), heap_mib_at_end: Number((await heap()).toFixed(1)) };
}

// Five hundred readers of one job's events: how late each event reaches each of them, and what they take of the API's memory. And one who connects
// anew every second for a minute, who must miss nothing and see nothing twice.
import { get } from 'node:http';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ascending, summary } from './open-loop.mjs';

/**
 * @param {ReturnType<typeof import('../service-api.mjs').benchApi>} api
 * @param {{ url: string, pid: number }} service
 * @param {{ dataset: string, readers: number, seconds: number }} settings
 */
export async function streams(api, { url, pid }, { dataset, readers, seconds }) {
  // An epoch of 24 steps is over in some hundredths of a second; a hundred steps a second would drown any page.
  const request = { type: 'pretrain', dataset, model: { architecture: 'cnn' }, training: { epochs: 1000, seed: 1, budget: { seconds } } };
  const { id } = await api.ask('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
  const path = `${url}/v1/jobs/${id}/events`;
  const before = await residentBytes(pid);
  /** @type {number[]} */
  const lags = [];
  let most = before;
  const watch = setInterval(() => void residentBytes(pid).then((bytes) => (most = Math.max(most, bytes))), 500);
  let connectedMs = Infinity;
  const all = Array.from({ length: readers }, () => read(path, 0, ({ created_at: at }) => {
    // What happened before all were there is late by how long they took to come.
    if (Date.parse(at) > connectedMs) lags.push(Date.now() - Date.parse(at));
  }));
  await Promise.all(all.map(({ connected }) => connected));
  connectedMs = Date.now();
  const restless = reconnecting(path);
  const counts = await Promise.all(all.map(({ ended }) => ended));
  clearInterval(watch);
  const seen = await restless;
  const events = (await api.ask(`/v1/jobs/${id}/events`)).data.map((/** @type {{ id: string }} */ event) => event.id);
  if (counts.some((count) => count !== events.length)) throw new Error('a reader missed events');
  return {
    readers, events: events.length, ...summary(ascending(lags)), memory_growth_mb: Math.round((most - before) / 2 ** 20),
    reconnects: seen.connections, missed: events.filter((/** @type {string} */ each) => !seen.ids.includes(each)).length, repeated: seen.ids.length - new Set(seen.ids).size,
  };
}

/** @param {string} path @param {number} after @param {(event: { id: string, created_at: string }) => void} take */
function read(path, after, take) {
  let count = 0;
  let isDone = false;
  const request = get(path, { headers: { accept: 'text/event-stream', 'last-event-id': String(after) }, agent: false });
  const connected = new Promise((resolve) => request.once('response', resolve).once('error', resolve));
  const ended = new Promise((resolve, reject) => {
    request.on('error', (problem) => (request.destroyed ? resolve(count) : reject(problem)));
    request.on('response', (response) => {
      if (response.statusCode === 204) isDone = true;
      let unread = '';
      response.setEncoding('utf8').on('data', (text) => {
        const lines = (unread + text).split('\n');
        unread = lines.pop() ?? '';
        for (const line of lines) {
          if (line === 'event: done') isDone = true;
          if (!line.startsWith('data: {"id"')) continue;
          count += 1;
          take(JSON.parse(line.slice('data: '.length)));
        }
      });
      response.on('close', () => resolve(count)).on('error', () => resolve(count));
    });
  });
  return { connected, ended, isDone: () => isDone, leave: () => request.destroy() };
}

/** @param {string} path */
async function reconnecting(path) {
  /** @type {string[]} */
  const ids = [];
  let connections = 0;
  for (let isDone = false; !isDone; connections += 1) {
    const reader = read(path, Number(ids.at(-1) ?? 0), ({ id }) => void ids.push(id));
    await Promise.race([reader.ended, delay(1000)]);
    isDone = reader.isDone();
    reader.leave();
    await reader.ended;
  }
  return { ids, connections };
}

/** @param {number} pid */
const residentBytes = async (pid) => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

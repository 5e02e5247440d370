// F19: the service dies while bytes are coming in, in one request and in pieces.
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { signal } from '../processes.mjs';
import { drawnInstant } from '../until.mjs';

/** Several megabytes: so much comes before any of it is known to be on the disk. */
const ROWS = 20_000;
const COLUMNS = 40;
const PIECE_BYTES = 65_536;
const TAKES_SECONDS = 2;
const TIDY_WITHIN_SECONDS = 5;
const TUS = { 'tus-resumable': '1.0.0' };

/** @type {import('./fault.mjs').Fault} */
export const killedUpload = {
  id: 'F19',
  what: 'kill -9 of the service while a data set comes in one request and a file in pieces (tus)',
  holds: `no data set is there that was not accepted, and nothing staged ${TIDY_WITHIN_SECONDS} s after the next start; the file is gone on with where it was, and is whole`,
  times: 50,
  async round(rig) {
    const service = await rig.service();
    const bytes = table(rig);
    const accepted = async () => (await rig.client.read('/v1/datasets?limit=100')).data.map((/** @type {{ id: string }} */ { id }) => id).sort();
    const before = await accepted();
    const created = await say(service, 'POST', '/v1/uploads', { ...TUS, 'upload-length': String(bytes.length) });
    const path = created.headers.location ?? '';

    const pauseSeconds = TAKES_SECONDS / (bytes.length / PIECE_BYTES);
    const whole = say(service, 'POST', '/v1/datasets?name=whole&format=csv', { 'content-type': 'text/csv' }, bytes, pauseSeconds);
    const pieces = say(service, 'PATCH', path, pieceAt(0), bytes, pauseSeconds);
    await drawnInstant(rig.random.between(0, 1.2) * TAKES_SECONDS);
    rig.strike('kill -9 of the service');
    signal(service.pid, 'SIGKILL');
    await service.ended();
    const known = [await whole, await pieces].map(({ status }) => status);
    rig.log.write('check', { 'answers before the end': known });
    rig.recovered('the service takes data sets again', await service.start());
    for (const place of ['staging', 'tmp']) {
      await rig.until(`${place}/ is empty`, async () => (await readdir(join(rig.dataFolder, 'store', place))).length === 0, TIDY_WITHIN_SECONDS);
    }
    const after = (await accepted()).filter((/** @type {string} */ id) => !before.includes(id));
    // An answer may have been on its way; what is there must be whole then.
    if (after.length > 1) rig.found('duplicated', `${after.length} data sets of one request`);
    if (known[0] === 201 && after.length === 0) rig.found('lost', 'a data set that was accepted');
    for (const id of after) await isWhole(rig, id, bytes);

    const { headers } = await say(service, 'HEAD', path, TUS);
    const offset = Number(headers['upload-offset']);
    rig.log.write('check', { offset, of: bytes.length });
    if (!(offset >= 0 && offset <= bytes.length)) return rig.found('lost', `the upload is at ${headers['upload-offset']}`);
    if (known[1] === 204 && offset < bytes.length) rig.found('lost', 'bytes of an upload that were acknowledged');
    if (offset < bytes.length) {
      const rest = await say(service, 'PATCH', path, pieceAt(offset), bytes.subarray(offset));
      if (rest.status !== 204) rig.found('other', `the rest of an upload was answered ${rest.status}`);
    }
    const made = await rig.client.post('/v1/datasets', { name: 'pieces', upload: [path.split('/').at(-1)], format: 'csv' });
    if (made.status !== 201) return rig.found('other', `a data set from the upload was answered ${made.status} ${made.body?.code}`);
    await isWhole(rig, made.body.id, bytes);
    for (const id of [...after, made.body.id]) await rig.client.remove(`/v1/datasets/${id}`);
    await say(service, 'DELETE', path, TUS);
  },
};

const pieceAt = (/** @type {number} */ offset) => ({ ...TUS, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) });

/** A table of two classes, other numbers each round. @param {import('../rig.mjs').Rig} rig */
function table(rig) {
  const first = rig.random.whole(1, 1_000_000);
  const columns = Array.from({ length: COLUMNS }, (_, column) => column + 1);
  const rows = Array.from({ length: ROWS }, (_, row) => `${columns.map((column) => (first * column + row * row) % 10_007).join()},${row % 2 === 0 ? 'even' : 'odd'}`);
  return Buffer.from(`${columns.map((column) => `c${column}`).join()},label\n${rows.join('\n')}\n`);
}

/** The data set holds the bytes that were sent, and is read. @param {import('../rig.mjs').Rig} rig @param {string} id @param {Buffer} bytes */
async function isWhole(rig, id, bytes) {
  const dataset = await rig.recovers(`${id} is read`, async () => {
    const view = await rig.client.read(`/v1/datasets/${id}`);
    return ['ready', 'invalid'].includes(view?.status) && view;
  });
  if (dataset.status !== 'ready') rig.found('other', `${id} is ${dataset.status}: ${JSON.stringify(dataset.error)}`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (dataset.source.files[0].sha256 !== sha256) rig.found('digest_mismatches', `${id} is not what was sent`);
}

/**
 * One request, its body as slowly as said; where the service goes away there is no answer.
 * @param {import('../service.mjs').Service} service
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {Buffer} [body]
 * @param {number} [pauseSeconds] after each piece of it
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders }>} status 0: no answer
 */
function say(service, method, path, headers, body = Buffer.alloc(0), pauseSeconds = 0) {
  return new Promise((resolve) => {
    const none = () => resolve({ status: 0, headers: {} });
    const length = method === 'HEAD' || method === 'DELETE' ? {} : { 'content-length': String(body.length) };
    const sent = request(service.url + path, { method, headers: { ...headers, ...length }, agent: false });
    sent.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
      answer.on('error', none);
    });
    sent.on('error', none);
    const write = async () => {
      for (let at = 0; at < body.length && !sent.destroyed; at += PIECE_BYTES) {
        sent.write(body.subarray(at, at + PIECE_BYTES));
        if (pauseSeconds > 0) await drawnInstant(pauseSeconds);
      }
      sent.end();
    };
    void write();
  });
}

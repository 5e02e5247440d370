// Uploads to the real service that come to no good end: its process is killed on the way, as often as it takes (row F19 of the design's table), or the client goes away (F20). The harness does both more often (npm run chaos).
import { describe, expect, it, jest } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { Dataset } from '#contract/dataset.js';
import { openFolderStore } from '#store/stores/folder.js';
import { idxBytes } from '../support/idx.js';
import { multipart, postJson, send } from '../support/requests.js';
import { dataFolder, Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

const KILLS = 3;
const VERSION = { 'tus-resumable': '1.0.0' };
const PIECE = { ...VERSION, 'content-type': 'application/offset+octet-stream' };

describe('F19: a service that is killed in the middle of an upload', () => {
  it('has a resumable one gone on with after each kill, at its offset, until it is whole', async () => {
    const folder = await dataFolder();
    const bytes = Buffer.from(idxBytes([10_000, 28, 28], randomBytes(7_840_000)));
    const settings = { DATA_DIR: folder, WORKERS: '0' };
    let service = await Service.start(settings);
    const created = await send(service.url, '/v1/uploads', { method: 'POST', headers: { ...VERSION, 'upload-length': String(bytes.length) } });
    const path = created.headers.location!;
    const id = path.split('/').at(-1)!;
    const offsetOf = async (): Promise<number> => Number((await send(service.url, path, { method: 'HEAD', headers: VERSION })).headers['upload-offset']);
    const store = await openFolderStore(join(folder, 'store'));
    let offset = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { hostname, port } = new URL(service.url);
      const headers = { ...PIECE, 'upload-offset': String(offset), 'content-length': String(bytes.length - offset) };
      const request = httpRequest({ hostname, port, path, method: 'PATCH', agent: false, headers });
      request.on('error', () => undefined);
      request.write(bytes.subarray(offset, offset + 2_000_000));
      const before = offset;
      await until('more has come', async () => ((await store.sizeOf(`uploads/${id}/data`)) ?? 0) > before);
      await service.kill();
      service = await Service.start(settings);
      offset = await offsetOf();
      expect(offset).toBeGreaterThan(before);
    }
    const last = await send(service.url, path, { method: 'PATCH', headers: { ...PIECE, 'upload-offset': String(offset) }, body: bytes.subarray(offset) });
    expect(last.status).toBe(204);
    const accepted = await postJson(service.url, '/v1/datasets', { upload: [id] });
    expect([accepted.status, accepted.json<Dataset>().source.files[0]!.sha256]).toEqual([201, createHash('sha256').update(bytes).digest('hex')]);
  });

  it('shows nothing of one in one request, and has nothing of it left once it is started again', async () => {
    const folder = await dataFolder();
    const settings = { DATA_DIR: folder, WORKERS: '0' };
    const service = await Service.start(settings);
    const bytes = Buffer.from(idxBytes([10_000, 28, 28], randomBytes(7_840_000)));
    const form = multipart([{ name: 'train-images', bytes }]);
    const cut = [
      begun(service.url, '/v1/datasets?name=whole&format=idx', { 'content-type': 'application/octet-stream' }, bytes),
      begun(service.url, '/v1/datasets', form.headers, form.body),
      begun(service.url, '/v1/models/imports', form.headers, form.body),
    ];
    await until('all of them are being received', async () => (await leftovers(folder)).length >= cut.length);
    await service.kill();
    // The client hears that the connection was lost, and no answer.
    expect(await Promise.all(cut.map(({ ended }) => ended))).toEqual(cut.map(() => 'lost'));
    const again = await Service.start(settings);
    await until('nothing of them is left', async () => (await leftovers(folder)).length === 0, 5_000);
    for (const path of ['/v1/datasets', '/v1/models']) expect((await again.get(path)).json<{ data: unknown[] }>().data).toEqual([]);
  });
});

describe('F20: clients that go away in the middle of an upload', () => {
  const ABORTED = 100;
  /** Connections that Node.js has not closed yet. */
  const SPARE = 10;

  it('leave nothing after five seconds, and no descriptor open', async () => {
    const folder = await dataFolder();
    const service = await Service.start({ DATA_DIR: folder, WORKERS: '0' });
    const descriptors = async (): Promise<number | undefined> => (await readdir(`/proc/${service.pid}/fd`).catch(() => undefined))?.length;
    const form = multipart([{ name: 'train-images', bytes: Buffer.alloc(1_000_000, 1) }]);
    const upload = (at: number): Begun => {
      const sent = form.body.subarray(0, 1_000 + 5_000 * at);
      return at % 2 === 0 ? begun(service.url, '/v1/datasets', form.headers, sent, form.body.length) : begun(service.url, '/v1/datasets?format=idx', { 'content-type': 'application/octet-stream' }, sent, form.body.length);
    };
    const abortAll = async (from: number, count: number): Promise<void> => {
      const uploads = Array.from({ length: count }, (_, at) => upload(from + at));
      await until('they are being received', async () => (await leftovers(folder)).length > 0);
      for (const { abort } of uploads) abort();
      await until('nothing of them is left', async () => (await leftovers(folder)).length === 0, 5_000);
    };
    await abortAll(0, 10);
    const before = await descriptors();
    for (let from = 10; from < ABORTED; from += 30) await abortAll(from, 30);
    if (before !== undefined) await until('the descriptors are as many as before', async () => (await descriptors())! <= before + SPARE, 5_000);
    expect((await service.get('/v1/datasets')).json<{ data: unknown[] }>().data).toEqual([]);
  });
});

interface Begun {
  abort: () => void;
  /** Resolves to how it came to an end. */
  ended: Promise<'answered' | 'lost'>;
}

/** Sends bytes of a body, and not its last, and goes no further. */
function begun(url: string, path: string, headers: Record<string, string>, bytes: Buffer, announced = bytes.length): Begun {
  const { hostname, port } = new URL(url);
  const request = httpRequest({ hostname, port, path, method: 'POST', agent: false, headers: { ...headers, 'content-length': String(announced) } });
  const ended = new Promise<'answered' | 'lost'>((resolve) => {
    request.on('error', () => resolve('lost'));
    request.on('response', (answer) => resolve((answer.resume(), 'answered')));
  });
  request.write(bytes.subarray(0, -1));
  return { abort: () => request.destroy(), ended };
}

/** What lies where uploads are received. */
async function leftovers(folder: string): Promise<string[]> {
  const names = await Promise.all(['staging', 'tmp'].map((place) => readdir(join(folder, 'store', place)).catch(() => [])));
  return names.flat();
}

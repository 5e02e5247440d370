// A resumable upload to the real service, whose process is killed on the way, as often as it takes.
import { describe, expect, it, jest } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { Dataset } from '#contract/dataset.js';
import { openFolderStore } from '#store/stores/folder.js';
import { idxBytes } from '../support/idx.js';
import { postJson, send } from '../support/requests.js';
import { dataFolder, Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

const KILLS = 3;
const VERSION = { 'tus-resumable': '1.0.0' };
const PIECE = { ...VERSION, 'content-type': 'application/offset+octet-stream' };

describe('a resumable upload', () => {
  it('is gone on with after each kill of the service, and is whole in the end', async () => {
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
});

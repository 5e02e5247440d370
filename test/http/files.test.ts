// The files of a model over HTTP: digests, tags, parts.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { BundleFile, Model } from '#contract/model.js';
import { TestApp } from '../support/app.js';
import { expectProblem, send } from '../support/requests.js';

let app: TestApp;
let model: Model;
let job: string;
let weights: BundleFile;
let content: Buffer;
let path: string;
beforeAll(async () => {
  app = await TestApp.open();
  const dataset = await app.generated();
  const made = await app.model(dataset.id);
  job = made.job.id;
  model = (await app.get(`/v1/models/${made.id}`)).json<Model>();
  weights = model.files.find(({ name }) => name.endsWith('.bin'))!;
  path = `/v1/models/${model.id}/files/${weights.name}`;
  content = (await app.get(path)).bytes;
}, 30_000);

/** The same file as a model's and as an artifact of the job that made it. */
const addresses = (): string[] => [path, `/v1/jobs/${job}/artifacts/${weights.name}`];
const head = (of: string, headers: Record<string, string> = {}) => send(app.url, of, { method: 'HEAD', headers });

describe('a file of a model', () => {
  it('is listed with its digest, which the bytes, the tag and Repr-Digest agree on, be it asked for by model or by job', async () => {
    const artifacts = (await app.get(`/v1/jobs/${job}/artifacts`)).json<{ data: BundleFile[] }>().data;
    expect(artifacts.map(({ name }) => name)).toEqual([...model.files.map(({ name }) => name), 'manifest.json']);
    for (const { name, sha256, size_bytes: size, media_type: type } of artifacts) {
      for (const address of [`/v1/jobs/${job}/artifacts/${name}`, `/v1/models/${model.id}/files/${name}`]) {
        const { status, headers, bytes } = await app.get(address);
        expect({ name, status, size: bytes.length, digest: createHash('sha256').update(bytes).digest('hex') }).toEqual({ name, status: 200, size, digest: sha256 });
        expect(headers).toMatchObject({
          etag: `"${sha256}"`, 'repr-digest': `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`, 'content-type': type,
          'content-length': String(size), 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff', 'content-disposition': `attachment; filename="${name}"`,
        });
      }
    }
  });

  it('has headers alone for HEAD, those of GET', async () => {
    const answer = await head(path);
    const whole = await app.get(path);
    expect(answer.status).toBe(200);
    expect(answer.bytes.length).toBe(0);
    for (const name of ['content-length', 'etag', 'repr-digest', 'content-type']) expect(answer.headers[name]).toBe(whole.headers[name]);
    expect((await head(path, { range: 'bytes=0-3' })).status).toBe(200);
  });

  it.each([
    ['from the start', 'bytes=0-9', 0, 10],
    ['in the middle', 'bytes=100-199', 100, 200],
    ['one byte', 'bytes=5-5', 5, 6],
    ['to the end', 'bytes=1000-', 1000, undefined],
    ['past the end', 'bytes=1000-99999999', 1000, undefined],
    ['the last bytes', 'bytes=-7', -7, undefined],
  ])('B46: is sent in part: %s', async (_what, range, start, end) => {
    const answer = await app.get(path, { range });
    const part = content.subarray(start, end);
    const from = start < 0 ? content.length + start : start;
    expect(answer.status).toBe(206);
    expect(answer.headers).toMatchObject({ 'content-range': `bytes ${from}-${from + part.length - 1}/${content.length}`, 'content-length': String(part.length) });
    expect(answer.bytes.equals(part)).toBe(true);
    expect(answer.headers['repr-digest']).toBe((await head(path)).headers['repr-digest']);
  });

  it('can be fetched piece by piece and put together', async () => {
    const pieces: Buffer[] = [];
    for (let start = 0; start < content.length; start += 40_000) pieces.push((await app.get(path, { range: `bytes=${start}-${start + 39_999}` })).bytes);
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).equals(content)).toBe(true);
  });

  it.each(['bytes=99999999-', 'bytes=99999999-99999999', 'bytes=-0', 'bytes=9-1'])('B46: has no part %s: 416', async (range) => {
    for (const address of addresses()) {
      const answer = await app.get(address, { range });
      expectProblem(answer, 416, 'RANGE_NOT_SATISFIABLE', []);
      expect(answer.headers['content-range']).toBe(`bytes */${content.length}`);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.headers).not.toHaveProperty('repr-digest');
    }
  });

  it.each(['items=0-1', 'bytes', 'bytes=x-y', `bytes=${'0-0,'.repeat(1000)}2-3`, 'bytes=0-0,2-3', ''])('B46: is sent whole where the range is not understood, or of several parts: "%s"', async (range) => {
    for (const address of addresses()) {
      const answer = await app.get(address, { range });
      expect(answer.status).toBe(200);
      expect(answer.bytes.equals(content)).toBe(true);
    }
  });

  it('is sent in part only while it is the one that If-Range names', async () => {
    expect((await app.get(path, { range: 'bytes=0-1', 'if-range': `"${weights.sha256}"` })).status).toBe(206);
    const other = await app.get(path, { range: 'bytes=0-1', 'if-range': `"${'0'.repeat(64)}"` });
    expect(other.status).toBe(200);
    expect(other.bytes.length).toBe(content.length);
  });

  it.each([
    ['its tag', (tag: string) => tag, 304],
    ['its tag, weak', (tag: string) => `W/${tag}`, 304],
    ['a list with its tag', (tag: string) => `"other", ${tag}`, 304],
    ['any tag', () => '*', 304],
    ['another tag', () => `"${'0'.repeat(64)}"`, 200],
    ['its digest without quotes', (tag: string) => tag.replaceAll('"', ''), 200],
  ])('is not sent again to a client that has it: If-None-Match of %s', async (_what, header, status) => {
    const answer = await app.get(path, { 'if-none-match': header(`"${weights.sha256}"`) });
    expect(answer.status).toBe(status);
    expect(answer.bytes.length).toBe(status === 304 ? 0 : content.length);
    expect(answer.headers.etag).toBe(`"${weights.sha256}"`);
  });

  it.each(['..%2fmanifest.json', '%2e%2e', '..%2f..%2f..%2fetc%2fpasswd', 'manifest.json%00', 'MODEL.JSON', 'model.json%2f', 'nothing.bin', '%00', '__proto__'])(
    'has no file "%s": 404',
    async (name) => {
      for (const address of [`/v1/jobs/${job}/artifacts/${name}`, `/v1/models/${model.id}/files/${name}`]) {
        expectProblem(await app.get(address), 404, 'FILE_NOT_FOUND', []);
      }
    },
  );
});

// The dashboard as it is served: what a page is allowed, how it is cached, how large it is.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Service } from '../support/service.js';

/** Of all that the first visit fetches (issue: total of 80 kB, gzip). */
const MOST_BYTES = 80_000;

interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
}

/** As it is sent, not unpacked. */
const get = (url: string, headers: Record<string, string> = {}): Promise<Got> =>
  new Promise((resolve, reject) => {
    request(url, { headers, path: url.slice(new URL(url).origin.length) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, bytes: Buffer.concat(chunks) })).on('error', reject);
    }).on('error', reject).end();
  });

describe('the dashboard', () => {
  let service: Service;
  let page: Got;
  let assets: string[];
  beforeAll(async () => {
    service = await Service.start({ API_KEY: 'secret', WORKERS: '0' });
    page = await get(`${service.url}/`);
    assets = [...page.bytes.toString().matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address]) => address!);
  }, 60_000);
  afterAll(async () => void (await service.stop()));

  it('is there without a key, which it asks for itself', () => {
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(assets).toHaveLength(3);
  });

  it('may have script and style from the service alone, none of it inline, and be in no frame', () => {
    const policy = new Map(String(page.headers['content-security-policy']).split('; ').map((directive) => directive.split(/ (.*)/s, 2) as [string, string]));
    expect(Object.fromEntries(policy)).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'connect-src': "'self'", 'frame-ancestors': "'none'", 'base-uri': "'none'", 'form-action': "'none'" });
    expect(page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(page.bytes.toString()).not.toMatch(/<style|style=|<script>|\son[a-z]+=|https?:\/\//);
  });

  it('is asked for anew each time, and its parts, which are named by what is in them, once', async () => {
    expect((await get(`${service.url}/`, { 'if-none-match': String(page.headers.etag) })).status).toBe(304);
    for (const address of assets) {
      const part = await get(`${service.url}/${address}`);
      expect({ address, status: part.status, caching: part.headers['cache-control'] }).toEqual({ address, status: 200, caching: 'public, max-age=31536000, immutable' });
    }
  });

  it('comes compressed, in less than 80 kB', async () => {
    const parts = await Promise.all(['', ...assets].map((address) => get(`${service.url}/${address}`, { 'accept-encoding': 'gzip' })));
    expect(parts.map(({ headers }) => headers['content-encoding'])).toEqual(parts.map(() => 'gzip'));
    expect(gunzipSync(parts[0]!.bytes).toString()).toBe(page.bytes.toString());
    expect(parts.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(MOST_BYTES);
  });

  it.each(['assets/none.js', 'assets/..%2findex.html', 'assets/../../package.json', 'assets/..%2f..%2f..%2fpackage.json', 'assets/%00'])('has nothing at %s', async (address) => {
    const { status, headers, bytes } = await get(`${service.url}/${address}`);
    expect([400, 401, 404, 422]).toContain(status);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(bytes.toString()).not.toContain('"rootstock"');
  });

  it('is no operation of the API', async () => {
    const { paths } = JSON.parse((await get(`${service.url}/openapi.json`)).bytes.toString()) as { paths: object };
    expect(Object.keys(paths).filter((path) => path === '/' || path.startsWith('/assets'))).toEqual([]);
  });
});

// The client as a browser gets it: bundled for one, and run where there is nothing but what a browser has.
import { describe, expect, it } from '@jest/globals';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle.js';

const MOST_KB = 16;

/** What pages have, and Node too. None of process, Buffer, require. */
const OF_BROWSERS = ['URLSearchParams', 'FormData', 'Blob', 'Headers', 'Response', 'AbortController', 'AbortSignal', 'TextEncoder', 'TextDecoder', 'crypto', 'atob', 'btoa', 'setTimeout', 'clearTimeout'] as const;

describe('the client, bundled for browsers', () => {
  it(`is at most ${MOST_KB} kB, compressed`, async () => {
    const kb = gzipSync(await bundle()).length / 1000;
    expect(kb).toBeLessThan(MOST_KB);
  });

  it('asks, retries and verifies where there is no Node', async () => {
    const asked: string[] = [];
    const answers = [new Response('busy', { status: 503, headers: { 'retry-after': '0' } }), Response.json({ object: 'system', version: '1.2.3' })];
    const fetch = async (url: string): Promise<Response> => {
      asked.push(url);
      return answers.shift()!;
    };
    const page = createContext({ fetch, ...Object.fromEntries(OF_BROWSERS.map((name) => [name, globalThis[name]])) });
    runInContext(await bundle(), page);
    const version = (await runInContext(`new client.Rootstock({ url: 'http://service/base/' }).system.get().then(({ version }) => version)`, page)) as string;
    expect({ version, asked }).toEqual({ version: '1.2.3', asked: ['http://service/base/v1/system', 'http://service/base/v1/system'] });
    expect(runInContext(`try { client.verifyWebhook('{}', {}, 'whsec_${'A'.repeat(32)}') } catch ({ name }) { name }`, page)).toMatch(/Error/);
  });
});

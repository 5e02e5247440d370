// What a proxy says of a client is believed where TRUST_PROXY names it, and from nobody else.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { buildApp } from '#http/app.js';
import { TestApp } from '../support/app.js';
import { expectProblem, multipart, send } from '../support/requests.js';

const FORGED = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'evil.example.com', 'x-forwarded-proto': 'https', forwarded: 'for=203.0.113.9;host=evil.example.com' };

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open();
});

/** The address that the log has of a client behind a peer. */
async function clientOf(proxies: readonly string[], remoteAddress = '127.0.0.1', forwarded = '203.0.113.9'): Promise<unknown> {
  const written: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void written.push(JSON.parse(line) as Record<string, unknown>) });
  const logging = await buildApp(app.rooms, { keys: { apiKey: '', readOnlyKey: '' }, log, proxies });
  await logging.inject({ method: 'POST', url: '/v1/nothing', remoteAddress, headers: { 'x-forwarded-for': forwarded } });
  await logging.close();
  return written.find(({ msg }) => msg === 'answered')?.client;
}

describe('B56: X-Forwarded-For spoof, Host header attack', () => {
  it('is not believed unless TRUST_PROXY names who says it', async () => {
    expect(await clientOf([])).toBe('127.0.0.1');
    expect(await clientOf(['10.0.0.0/8'])).toBe('127.0.0.1');
    expect(await clientOf(['loopback'])).toBe('203.0.113.9');
    expect(await clientOf(['10.0.0.0/8'], '10.1.2.3')).toBe('203.0.113.9');
  });

  it('is not believed of what a client sent to a proxy that is named', async () => {
    expect(await clientOf(['loopback'], '127.0.0.1', '198.51.100.1, 203.0.113.9')).toBe('203.0.113.9');
  });

  it('opens nothing to a client that says to be on loopback', async () => {
    const locked = await TestApp.open({ keys: { apiKey: 'rsk-test-key-with-everything', readOnlyKey: '' } });
    for (const path of ['/v1/jobs', '/metrics']) {
      expectProblem(await locked.get(path, { ...FORGED, 'x-forwarded-for': '127.0.0.1', host: 'localhost' }), 401, 'KEY_REQUIRED', []);
    }
  });

  it.each([
    ['a data set', async (headers: Record<string, string>) => {
      const { headers: types, body } = multipart([]);
      await send(app.url, '/v1/datasets', { method: 'POST', headers: { ...types, ...headers }, body });
      return send(app.url, '/v1/datasets', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ generate: { name: 'glyph_digits', examples: 100 } }) });
    }],
    ['an upload in pieces', (headers: Record<string, string>) => send(app.url, '/v1/uploads', { method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': '3', ...headers } })],
    ['a webhook', (headers: Record<string, string>) => send(app.url, '/v1/webhooks', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ url: 'https://example.com/', events: ['*'] }) })],
    ['a list', (headers: Record<string, string>) => app.get('/v1/webhooks?limit=1', headers)],
    ['a refusal', (headers: Record<string, string>) => app.get('/v1/nothing', headers)],
    ['the description', (headers: Record<string, string>) => app.get('/openapi.json', headers)],
  ])('finds its way into no address that is answered: %s', async (_what, ask) => {
    const answer = await ask({ ...FORGED, host: 'evil.example.com' });
    expect(answer.text).not.toContain('evil');
    expect(JSON.stringify(answer.headers)).not.toContain('evil');
    if (answer.status === 201) expect(answer.headers.location).toMatch(/^\//);
  });
});

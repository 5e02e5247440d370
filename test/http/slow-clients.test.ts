// Row F21 of the design's table: clients that take their time are closed in time. The limits are shorter here; those of the service are held to in test/e2e/slow-clients.long.test.ts.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { CONNECTION_LIMITS } from '#http/slow-clients.js';
import { TestApp } from '../support/app.js';
import { slowSocket, type Slow } from '../support/slow-socket.js';
import { until } from '../support/until.js';

const LIMITS = { headersMs: 1_000, silentBodyMs: 500, quietMs: 2_000, requestMs: 2_500, lookEveryMs: 50 };
/** The machine may be busy. */
const LATE_MS = 3_000;
/** Clocks of the two sides do not begin at one moment. */
const EARLY_MS = 100;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open({ connections: LIMITS });
});

const head = (path: string, type: string, length: number): string => `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;
const JSON_BODY = head('/v1/jobs', 'application/json', 1_000);
const FILE_BODY = head('/v1/datasets?format=csv', 'text/csv', 1_000_000);
const TIMED_OUT = /^HTTP\/1\.1 408 /;

describe('F21: a client that is slow', () => {
  it.each<[string, Slow, number, RegExp]>([
    ['says nothing', { first: '' }, LIMITS.headersMs, TIMED_OUT],
    ['stops within its headers', { first: 'GET /v1/jobs HTTP/1.1\r\nhost: x\r\n' }, LIMITS.headersMs, TIMED_OUT],
    ['drips headers', { first: 'GET /v1/jobs HTTP/1.1\r\nhost: x\r\n', drip: { text: 'x: y\r\n', everyMs: 100 } }, LIMITS.headersMs, TIMED_OUT],
    ['stops within JSON', { first: `${JSON_BODY}{"type":` }, LIMITS.silentBodyMs, /^$/],
    ['stops within a file', { first: `${FILE_BODY}a,b\n` }, LIMITS.silentBodyMs, /^$/],
    ['drips JSON', { first: JSON_BODY, drip: { text: ' ', everyMs: 100 } }, LIMITS.requestMs, TIMED_OUT],
    ['drips a file', { first: FILE_BODY, drip: { text: '1,2\n', everyMs: 100 } }, LIMITS.requestMs, TIMED_OUT],
  ])('and %s is closed in time, and leaves nothing', async (_what, slow, limitMs, answer) => {
    const before = await app.traces();
    const { heard, afterMs } = await slowSocket(app.url, slow);
    expect(heard).toMatch(answer);
    expect(afterMs).toBeGreaterThan(limitMs - EARLY_MS);
    expect(afterMs).toBeLessThan(limitMs + LATE_MS);
    await until('what was received is gone', async () => isDeepStrictEqual(await app.traces(), before));
  });

  it('but goes on is heard, also where all of it takes longer than one silence may', async () => {
    const body = JSON.stringify({ generate: { name: 'glyph_digits', examples: 100 } });
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    const heard = new Promise<string>((resolve) => socket.setEncoding('latin1').once('data', resolve));
    socket.write(head('/v1/datasets', 'application/json', body.length));
    // The slowness is what is tested: half as long in all again as one silence may last.
    for (const letter of body) {
      socket.write(letter);
      await delay((1.5 * LIMITS.silentBodyMs) / body.length);
    }
    expect(await heard).toMatch(/^HTTP\/1\.1 201 /);
    socket.destroy();
  });

  it('has 15 seconds for headers, 30 seconds between two bytes of a body, and an hour for all of it', () => {
    expect(CONNECTION_LIMITS).toMatchObject({ headersMs: 15_000, silentBodyMs: 30_000, requestMs: 3_600_000 });
  });
});

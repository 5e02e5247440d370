// Row F21 of the design's table, with the service's own limits: 500 connections that send next to nothing, and a service that answers others meanwhile.
import { describe, expect, it, jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { CONNECTION_LIMITS } from '#http/slow-clients.js';
import { Service } from '../support/service.js';
import { slowSocket } from '../support/slow-socket.js';

jest.setTimeout(180_000);

const CLIENTS = 500;
const DRIP_EVERY_MS = 10_000;
/** The machine may be busy. */
const LATE_MS = 5_000;
const ASK_EVERY_MS = 50;
/** The design wants 50 ms on a machine of its own. */
const P99_MS = 250;

const HEADERS = 'GET /v1/jobs HTTP/1.1\r\nhost: x\r\n';
const BODY = 'POST /v1/datasets?format=csv HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ncontent-length: 1000000\r\n\r\na,b\n';

describe('F21: five hundred slow clients', () => {
  it('are closed in time, and /healthz answers others soon meanwhile', async () => {
    const service = await Service.start({ WORKERS: '0' });
    const drip = { text: 'x: y\r\n', everyMs: DRIP_EVERY_MS };
    const dripping = Array.from({ length: CLIENTS / 2 }, () => slowSocket(service.url, { first: HEADERS, drip }));
    const silent = Array.from({ length: CLIENTS / 2 }, () => slowSocket(service.url, { first: BODY }));
    let closed = false;
    const all = Promise.all([...dripping, ...silent]).finally(() => (closed = true));
    const took: number[] = [];
    while (!closed) {
      const askedMs = performance.now();
      expect((await service.get('/healthz')).status).toBe(200);
      took.push(performance.now() - askedMs);
      await delay(ASK_EVERY_MS);
    }
    await all;
    for (const [clients, limitMs] of [[dripping, CONNECTION_LIMITS.headersMs + CONNECTION_LIMITS.lookEveryMs], [silent, CONNECTION_LIMITS.silentBodyMs]] as const) {
      for (const client of clients) expect((await client).afterMs).toBeLessThan(limitMs + LATE_MS);
    }
    took.sort((a, b) => a - b);
    expect(took[Math.ceil(0.99 * took.length) - 1]).toBeLessThan(P99_MS);
    expect((await service.get('/v1/datasets')).json<{ data: unknown[] }>().data).toEqual([]);
  });
});

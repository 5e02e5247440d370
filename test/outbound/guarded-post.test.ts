// What is sent out by POST: where it may go, and what of the answer counts (reliability.md B43, B44, F31).
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { ServiceError } from '#contract/errors.js';
import { guardedPost, type PostOptions, type Posted } from '#outbound/guarded-post.js';
import type { Resolve } from '#outbound/resolve.js';
import { answering, Receiver } from '../support/receiver.js';
import { until } from '../support/until.js';
import { Web } from '../support/web.js';

const TIMES = { connectMs: 2_000, firstByteMs: 300, stallMs: 300, wholeMs: 20_000 };

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.open();
});

const post = (url: string, more: Partial<PostOptions> = {}): Promise<Posted> => guardedPost(url, { 'content-type': 'application/json' }, '{}', { allowPrivate: true, times: TIMES, ...more });
const codeOf = (work: Promise<unknown>): Promise<unknown> => work.then((done) => done, (problem: unknown) => (problem instanceof ServiceError ? problem.code : Promise.reject(problem as Error)));
const leadingTo = (...addresses: string[]): Resolve => (_hostname, _options, answer) =>
  answer(null, addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })));

describe('guardedPost', () => {
  it('sends the body as it is and tells the status, and nothing of who asks', async () => {
    expect(await post(receiver.url)).toEqual({ status: 204, retryAfterMs: 0 });
    const { headers: { host, connection, ...headers }, body } = receiver.received.at(-1)!;
    expect([host === new URL(receiver.url).host, connection]).toEqual([true, expect.any(String)]);
    expect([body, headers]).toEqual(['{}', { 'user-agent': 'rootstock', accept: '*/*', 'accept-encoding': 'identity', 'content-type': 'application/json', 'content-length': '2' }]);
  });

  it.each([200, 302, 404, 410, 500])('tells a status of %d, and follows none', async (status) => {
    receiver.reacts(answering(status, { location: 'http://127.0.0.1:9/', 'retry-after': '7' }));
    const before = receiver.received.length;
    expect(await post(receiver.url)).toEqual({ status, retryAfterMs: 7_000 });
    expect(receiver.received.length - before).toBe(1);
  });

  it('reads no more than 64 KiB of an answer, however long it is', async () => {
    const web = await Web.open();
    let wanted = 0;
    const url = web.at('/endless', (request, response) => {
      request.resume();
      const more = (): void => {
        wanted += 65_536;
        if (!response.destroyed) response.write(Buffer.alloc(65_536), more);
      };
      more();
    });
    expect((await post(url)).status).toBe(200);
    await until('no connection is left', async () => (await web.connections()) === 0);
    // What lies in buffers on the way was sent, and not read.
    expect(wanted).toBeLessThan(16 * 2 ** 20);
  });

  it.each(['http://169.254.169.254/', 'https://10.0.0.1/', 'http://example.com/', 'https://localhost/', 'file:///etc/passwd'])('is not sent to %s by default', async (url) => {
    expect(await codeOf(post(url, { allowPrivate: false }))).toBe('URL_NOT_ALLOWED');
  });

  it.each([['127.0.0.1'], ['169.254.169.254'], ['93.184.216.34', '10.0.0.1'], ['::1'], ['64:ff9b::7f00:1']])('does not go where a name leads to %s, looked up as it is connected to (B43)', async (...addresses) => {
    const before = receiver.received.length;
    expect(await codeOf(post('https://hooks.example/', { allowPrivate: false, resolve: leadingTo(...addresses) }))).toBe('FETCH_BLOCKED');
    expect(receiver.received.length).toBe(before);
  });

  it('is ended from outside', async () => {
    const controller = new AbortController();
    receiver.reacts(() => controller.abort('closing'));
    await expect(post(receiver.url, { signal: controller.signal, times: { ...TIMES, firstByteMs: 20_000 } })).rejects.toBeDefined();
  });
});

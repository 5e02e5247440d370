// The one way out, against a server that behaves as badly as servers can. Names are answered at the seam of the look-up; connections
// are real (reliability.md B43 to B45, F32).
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { gzipSync } from 'node:zlib';
import { ServiceError } from '#contract/errors.js';
import { guardedFetch, type FetchOptions } from '#outbound/guarded-fetch.js';
import { guardedLookup, type Resolve } from '#outbound/resolve.js';
import { until } from '../support/until.js';
import { Web } from '../support/web.js';

const TIMES = { connectMs: 2_000, firstByteMs: 300, stallMs: 300, wholeMs: 20_000 };
const MOST = 1_000_000;

let web: Web;
beforeAll(async () => {
  web = await Web.open();
});

const fetched = (url: string, more: Partial<FetchOptions> = {}): Promise<{ url: string; name: string; bytes: Buffer }> =>
  guardedFetch(url, { allowPrivate: true, maxBytes: MOST, times: TIMES, ...more }, async ({ body, ...rest }) => {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece);
    return { ...rest, bytes: Buffer.concat(pieces) };
  });

async function failure(work: Promise<unknown>): Promise<ServiceError> {
  const problem = await work.then(() => new Error('it worked'), (thrown: unknown) => thrown);
  if (!(problem instanceof ServiceError)) throw problem;
  expect(problem.message).not.toMatch(/canary/);
  return problem;
}

/** A server of names that gives these answers, one after the other; the last again and again. */
function names(...answers: string[][]): Resolve & { asked: string[] } {
  const asked: string[] = [];
  const resolve = (hostname: string, _options: LookupOptions, answer: (problem: Error | null, addresses: LookupAddress[]) => void): void => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(hostname);
    answer(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return Object.assign(resolve, { asked });
}

describe('guardedFetch', () => {
  it('brings a file with its name and address, and closes the connection', async () => {
    const url = web.at('/files/a%20b.npz?x=1', Buffer.from('content'));
    expect(await fetched(url)).toEqual({ url, name: 'a b.npz', bytes: Buffer.from('content') });
    await until('no connection is left', async () => (await web.connections()) === 0);
  });

  it('asks for the bytes as they are, and sends nothing that tells who asks', async () => {
    await fetched(web.at('/plain', Buffer.from('a')));
    const { host, connection, ...headers } = web.headers.at(-1)!;
    expect([host, connection]).toEqual([`127.0.0.1:${web.port}`, expect.any(String)]);
    expect(headers).toEqual({ 'user-agent': 'rootstock', accept: '*/*', 'accept-encoding': 'identity' });
  });

  it('unpacks nothing, so that a few bytes cannot become many', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const url = web.at('/bomb', (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    expect((await fetched(url)).bytes.equals(bomb)).toBe(true);
  });

  it.each([301, 302, 303, 307, 308])('follows a redirect of status %d', async (status) => {
    const end = web.at('/end', Buffer.from('there'));
    expect(await fetched(web.redirect('/moved', '/end', status))).toMatchObject({ url: end, name: 'end' });
  });

  it('follows three redirects and no fourth', async () => {
    web.at('/hop0', Buffer.from('there'));
    for (const hop of [1, 2, 3, 4]) web.redirect(`/hop${hop}`, `/hop${hop - 1}`);
    expect((await fetched(`${web.url}/hop3`)).bytes.toString()).toBe('there');
    expect((await failure(fetched(`${web.url}/hop4`))).code).toBe('FETCH_FAILED');
  });

  it.each([
    ['the metadata of a cloud', 'http://169.254.169.254/latest', 'FETCH_BLOCKED'],
    ['a file', 'file:///etc/passwd', 'FETCH_BLOCKED'],
    ['a user name', 'http://u:p@127.0.0.1/', 'FETCH_BLOCKED'],
    ['a broken address', 'http://[', 'FETCH_FAILED'],
  ])('does not follow a redirect to %s', async (_what, to, code) => {
    expect((await failure(fetched(web.redirect('/astray', to)))).code).toBe(code);
  });

  it('does not follow a redirect without an address', async () => {
    expect((await failure(fetched(web.at('/nowhere', (_request, response) => void response.writeHead(302).end())))).code).toBe('FETCH_FAILED');
  });

  it.each([
    [404, 'FETCH_FAILED'], [403, 'FETCH_FAILED'], [204, 'FETCH_FAILED'], [206, 'FETCH_FAILED'], [304, 'FETCH_FAILED'], [410, 'FETCH_FAILED'], [501, 'FETCH_FAILED'],
    [408, 'FETCH_UNAVAILABLE'], [429, 'FETCH_UNAVAILABLE'], [500, 'FETCH_UNAVAILABLE'], [503, 'FETCH_UNAVAILABLE'],
  ])('takes no file from an answer of status %d: %s, without its body', async (status, code) => {
    const problem = await failure(fetched(web.at('/status', (_request, response) => void response.writeHead(status).end(status === 204 || status === 304 ? undefined : 'canary-of-the-body'))));
    expect([problem.code, problem.message]).toEqual([code, expect.stringContaining(`status ${status}`)]);
  });

  it.each<[string, Parameters<Web['at']>[1], string]>([
    ['is empty', Buffer.alloc(0), 'FETCH_FAILED'],
    ['says that it is too large', (_request, response) => void response.writeHead(200, { 'content-length': MOST + 1 }).write('a'), 'UPLOAD_TOO_LARGE'],
    ['does not say so', (_request, response) => void response.writeHead(200).end(Buffer.alloc(MOST + 1)), 'UPLOAD_TOO_LARGE'],
    ['is shorter than it says', (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('a', () => response.destroy()), 'FETCH_UNAVAILABLE'],
    ['is cut off between pieces', (_request, response) => void response.writeHead(200).write('a', () => response.destroy()), 'FETCH_UNAVAILABLE'],
    ['never begins', () => undefined, 'FETCH_UNAVAILABLE'],
    ['stalls', (_request, response) => void response.writeHead(200).write('a'), 'FETCH_UNAVAILABLE'],
    ['has too long a head', (_request, response) => void response.writeHead(200, { 'x-long': 'a'.repeat(20_000) }).end('a'), 'FETCH_FAILED'],
    ['is no HTTP', (request) => void request.socket.end('SSH-2.0-canary\r\n'), 'FETCH_FAILED'],
  ])('takes no file that %s', async (_what, answer, code) => {
    expect((await failure(fetched(web.at('/bad', answer)))).code).toBe(code);
    await until('no connection is left', async () => (await web.connections()) === 0);
  });

  it('gives up a file that drips for ever', async () => {
    const url = web.at('/drips', (_request, response) => {
      const timer = setInterval(() => response.write('a'), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect((await failure(fetched(url, { times: { ...TIMES, wholeMs: 500 } }))).message).toContain('too long');
    await until('no connection is left', async () => (await web.connections()) === 0);
  });

  it('gives up a file that never ends', async () => {
    const url = web.at('/endless', (_request, response) => {
      const more = (): void => void (!response.destroyed && response.write(Buffer.alloc(65_536), more));
      more();
    });
    expect((await failure(fetched(url))).code).toBe('UPLOAD_TOO_LARGE');
  });

  it('says what is the matter where nobody listens, or no host has the name', async () => {
    const gone = await Web.open();
    const { url } = gone;
    await gone.close();
    expect((await failure(fetched(url))).code).toBe('FETCH_UNAVAILABLE');
    const unknown: Resolve = (_hostname, _options, answer) => answer(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    expect((await failure(fetched('http://no-such.example/', { resolve: unknown }))).code).toBe('FETCH_FAILED');
  });

  it('leaves nothing open after a hundred files of every sort', async () => {
    web.at('/stalls', (_request, response) => void response.writeHead(200).write('a'));
    web.redirect('/away', 'http://169.254.169.254/');
    web.at('/cut', (_request, response) => void response.writeHead(200, { 'content-length': 9 }).write('a', () => response.destroy()));
    const paths = ['/plain', '/stalls', '/away', '/cut', '/none'];
    for (let round = 0; round < 20; round++) await Promise.allSettled(paths.map((path) => fetched(web.url + path)));
    await until('no connection is left', async () => (await web.connections()) === 0);
  });
});

describe('A name', () => {
  const at = (): string => `http://files.example:${web.port}/named`;
  const asPublic = { allowPrivate: false };
  const blocked = async (...addresses: string[]) => {
    const resolve = names(addresses);
    const before = web.asked.length;
    const problem = await failure(fetched('http://files.example/named', { ...asPublic, resolve }));
    return { code: problem.code, reached: web.asked.length - before, asked: resolve.asked };
  };

  it('is looked up once, and what was checked is what is connected to', async () => {
    web.at('/named', Buffer.from('there'));
    const rebinding = names(['127.0.0.1'], ['169.254.169.254']);
    expect((await fetched(at(), { resolve: rebinding })).bytes.toString()).toBe('there');
    expect(rebinding.asked).toEqual(['files.example']);
  });

  it.each([
    ['this machine', ['127.0.0.1']],
    ['the metadata of a cloud', ['169.254.169.254']],
    ['a private network', ['10.0.0.1']],
    ['IPv6 loopback', ['::1']],
    ['IPv4 loopback inside of IPv6', ['::ffff:127.0.0.1']],
    ['a public address and a private one', ['93.184.216.34', '10.0.0.1']],
    ['a public IPv4 address and a private IPv6 one', ['93.184.216.34', 'fd00::1']],
    ['nothing', []],
  ])('is not gone to where it leads to %s', async (_what, addresses) => {
    expect(await blocked(...addresses)).toEqual({ code: 'FETCH_BLOCKED', reached: 0, asked: ['files.example'] });
  });

  it('is looked up again after a redirect, and may not lead elsewhere then', async () => {
    web.redirect('/named', `http://other.example:${web.port}/named`);
    const resolve = names(['127.0.0.1'], ['169.254.169.254']);
    expect((await failure(fetched(at(), { resolve }))).code).toBe('FETCH_BLOCKED');
    expect(resolve.asked).toEqual(['files.example', 'other.example']);
  });

  it.each([true, false])('is answered as it was asked, for all addresses or one: all is %s', async (all) => {
    const lookup = guardedLookup(asPublic, names(['93.184.216.34', '2606:2800:220:1::1']));
    const answer = await new Promise((resolve) => lookup('files.example', { all }, (...given) => resolve(given)));
    expect(answer).toEqual(all ? [null, [{ address: '93.184.216.34', family: 4 }, { address: '2606:2800:220:1::1', family: 6 }]] : [null, '93.184.216.34', 4]);
  });

  it('of this machine is refused by the system\'s own look-up too', async () => {
    const lookup = guardedLookup(asPublic);
    const problem = await new Promise<unknown>((resolve) => lookup('localhost', { all: true }, (given) => resolve(given)));
    expect(problem).toMatchObject({ code: 'FETCH_BLOCKED' });
  });
});

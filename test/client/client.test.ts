// What the client does when things go wrong on the way: a real service, reached through a line that the test disturbs.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  ApiError, ConnectionError, ConflictError, DigestError, InvalidRequestError, NotFoundError, RateLimitError, Rootstock, RootstockError, ServerError, TimeoutError, UnsuccessfulError,
  type ClientOptions, type JobEvent,
} from 'rootstock/client';
import { ERRORS, type ErrorCode } from '#contract/errors.js';
import { givenService, petsTable, type Given } from './given.js';

jest.setTimeout(120_000);

let url: string;
let given: Given;
beforeAll(async () => {
  const started = await givenService();
  given = started.given;
  url = started.service.url;
}, 120_000);

type Line = NonNullable<ClientOptions['fetch']>;
const headersOf = (init: RequestInit): Record<string, string> => init.headers as Record<string, string>;
const over = (line: Line, more: ClientOptions = {}): Rootstock => new Rootstock({ url, fetch: line, ...more });
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

/** A line that does something else with the first requests. */
function first(...answers: ((url: string, init: RequestInit) => Promise<Response>)[]): { line: Line; sent: RequestInit[] } {
  const sent: RequestInit[] = [];
  const line: Line = (address, init) => {
    sent.push(init);
    return (answers.shift() ?? fetch)(address, init);
  };
  return { line, sent };
}
const broken = async (): Promise<Response> => {
  throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
};
const lostAnswer = async (address: string, init: RequestInit): Promise<Response> => {
  await (await fetch(address, init)).text();
  return broken();
};
const silent = (_: string, { signal }: RequestInit): Promise<Response> => new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error)));
const busy = (seconds: string) => async () => Response.json({ code: 'PREDICT_BUSY', detail: 'Busy.', errors: [], request_id: 'r1' }, { status: 429, headers: { 'retry-after': seconds } });

/** An answer whose body ends after so many bytes. */
const cut = (bytes: number) => async (address: string, init: RequestInit): Promise<Response> => {
  const whole = await fetch(address, init);
  const reader = whole.body!.getReader();
  let left = bytes;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await reader.read();
      if (done || left <= 0) return void reader.cancel().then(() => controller.error(new TypeError('terminated')));
      controller.enqueue(value.subarray(0, left));
      left -= value.length;
    },
  });
  return new Response(body, { status: whole.status, headers: whole.headers });
};

const pretraining = (name: string) => ({ type: 'pretrain' as const, name, dataset: given.dataset, model: { architecture: 'mlp' as const }, training: { epochs: 1000 } });

describe('a call', () => {
  it('is made again after a break, and a POST under one key, so that nothing is done twice', async () => {
    const { line, sent } = first(lostAnswer, broken);
    const client = over(line);
    const job = await client.jobs.submit(pretraining('once'));
    await job.cancel();
    const keys = sent.slice(0, 3).map((init) => headersOf(init)['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(keys).size).toBe(1);
    expect((await client.jobs.list({ name: 'once' }).page()).data.map(({ id }) => id)).toEqual([job.id]);
  });

  it('has a new key each time, or the one it is given', async () => {
    const { line, sent } = first();
    const client = over(line);
    await client.jobs.estimate(pretraining('a'));
    await client.jobs.estimate(pretraining('b'), { idempotencyKey: 'mine' });
    const [one, other] = sent.map((init) => headersOf(init)['idempotency-key']);
    expect(one).not.toBe(other);
    expect(other).toBe('mine');
  });

  it('waits as long as the service says, and gives up where that is too long', async () => {
    const patient = first(busy('1'));
    const before = Date.now();
    await over(patient.line).system.get();
    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
    const refused = first(busy('3600'));
    expect(await failure(over(refused.line).system.get())).toMatchObject({ name: 'RateLimitError', retryable: true, requestId: 'r1' });
    expect(refused.sent).toHaveLength(1);
  });

  it('is made no oftener than it may, and not again where that cannot help', async () => {
    const down = first(broken, broken, broken, broken);
    expect(await failure(over(down.line, { maxRetries: 1 }).system.get())).toBeInstanceOf(ConnectionError);
    expect(down.sent).toHaveLength(2);
    const wrong = first();
    expect(await failure(over(wrong.line).jobs.get('job_0'))).toBeInstanceOf(NotFoundError);
    expect(wrong.sent).toHaveLength(1);
  });

  it('ends after its time, and by its signal with the reason of that', async () => {
    const client = over(first(silent, silent).line, { maxRetries: 0, timeoutMs: 50 });
    expect(await failure(client.system.get())).toBeInstanceOf(TimeoutError);
    const reason = new Error('enough');
    expect(await failure(client.system.get({ timeoutMs: 60_000, signal: AbortSignal.abort(reason) }))).toBe(reason);
    const leaving = new AbortController();
    const waiting = failure(over(first().line).jobs.wait(given.longJob, { signal: leaving.signal, onChange: () => leaving.abort(reason) }));
    expect(await waiting).toBe(reason);
  });

  it('fails with the class of its status, the code, the pointers and the request id', async () => {
    const client = over(fetch);
    const wrong = await failure(client.jobs.submit({ ...pretraining('x'), training: { epochs: -1 }, priority: 11 }));
    expect(wrong).toBeInstanceOf(InvalidRequestError);
    expect(wrong).toMatchObject({ status: 422, code: 'INVALID_REQUEST', retryable: false, requestId: expect.stringMatching(/./) });
    expect((wrong as ApiError).errors.map(({ pointer }) => pointer).sort()).toEqual(['/priority', '/training/epochs']);
    expect((wrong as Error).message).toContain('\n  /priority: ');
    expect(await failure(client.jobs.pause(given.finishedJob))).toBeInstanceOf(ConflictError);
    expect(await failure(over(async () => new Response('<html>', { status: 502 }), { maxRetries: 0 }).system.get())).toMatchObject({ name: 'ServerError', status: 502, code: 'UNKNOWN' });
  });

  it('is retryable where the table of errors says so', () => {
    // Of the table, retry is said of records too (jobs that failed), and of what a person must mend first; the client goes by status, and a 500 may be a moment's.
    const told = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => {
      const error = ApiError.of(ERRORS[code].status, { code, detail: '', errors: [], request_id: '', status: ERRORS[code].status, title: '', type: '', instance: '' }, null);
      return error.retryable !== ERRORS[code].retry;
    });
    expect(told.sort()).toEqual(['CHECKPOINT_CORRUPT', 'CHILD_FAILED', 'DISK_FULL', 'EXPORT_MISMATCH', 'GOLDEN_MISMATCH', 'INTERNAL', 'OUT_OF_MEMORY', 'QUEUE_SECONDS_PASSED', 'STORE_CORRUPT', 'STORE_TOO_NEW']);
    expect(ApiError.of(429, undefined, null)).toBeInstanceOf(RateLimitError);
    expect(ApiError.of(503, undefined, null)).toBeInstanceOf(ServerError);
    expect(ApiError.of(418, undefined, null)).toBeInstanceOf(RootstockError);
  });

  it('that removes what its own first try removed succeeds', async () => {
    const { id } = await over(fetch).datasets.create({ generate: { name: 'glyph_digits', examples: 100 } });
    await expect(over(first(lostAnswer).line).datasets.delete(id)).resolves.toBeUndefined();
  });
});

describe('a list', () => {
  it('is gone through page by page, each item once', async () => {
    const { line, sent } = first();
    const names: string[] = [];
    for await (const dataset of over(line).datasets.list({ limit: 1 })) names.push(dataset.id);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(1);
    expect(sent).toHaveLength(names.length);
  });
});

describe('the events of a job', () => {
  it('come once each and in order over a line that breaks all the time', async () => {
    const whole: JobEvent[] = [];
    for await (const event of over(fetch).jobs.events(given.finishedJob)) whole.push(event);
    const { line, sent } = first(cut(0), cut(700), cut(900), broken, cut(1200));
    const seen: JobEvent[] = [];
    for await (const event of over(line).jobs.events(given.finishedJob)) seen.push(event);
    expect(seen).toEqual(whole);
    expect(whole.map(({ id }) => id)).toEqual(whole.map((_, at) => String(at + 1)));
    expect(whole.at(-1)!.type).toBe('job.succeeded');
    expect(sent.length).toBeGreaterThan(3);
    expect(headersOf(sent.at(-1)!)['last-event-id']).toMatch(/^\d+$/);
  });

  it('are none for who has seen the last', async () => {
    const { last_id } = await over(fetch).jobs.pastEvents(given.finishedJob);
    const seen: JobEvent[] = [];
    for await (const event of over(fetch).jobs.events(given.finishedJob, { after: last_id! })) seen.push(event);
    expect(seen).toEqual([]);
  });
});

describe('waiting', () => {
  it('for a job tells of its changes and resolves once it has ended', async () => {
    const told: string[] = [];
    const job = await over(fetch).jobs.submit({ ...pretraining('waited for'), training: { epochs: 1 } });
    const ended = await job.wait({ onChange: ({ status }) => told.push(status) });
    expect(ended.status).toBe('succeeded');
    expect(told.at(-1)).toBe('succeeded');
    expect(told.length).toBeGreaterThan(1);
    expect(Object.keys(job)).not.toContain('wait');
  });

  it('has an end where the job has none yet, or the data set is not one', async () => {
    expect(await failure(over(fetch).jobs.wait(given.longJob, { waitMs: 100 }))).toBeInstanceOf(TimeoutError);
    expect(await failure(over(fetch).datasets.wait(given.brokenDataset))).toMatchObject({ name: 'UnsuccessfulError', status: 'invalid', failure: { code: 'IDX_CORRUPT' } });
    expect(await failure(over(fetch).datasets.wait(given.brokenDataset))).toBeInstanceOf(UnsuccessfulError);
  });
});

describe('a file', () => {
  it('that is sent in pieces comes whole over a line that breaks', async () => {
    const pieces = (init: RequestInit) => init.method === 'PATCH';
    let broke = 0;
    const line: Line = (address, init) => (pieces(init) && broke++ % 2 === 0 ? lostAnswer(address, init) : fetch(address, init));
    const told: number[] = [];
    const data = new Blob([petsTable()]);
    const dataset = await over(line).datasets.upload([{ name: 'pets.csv', data }], { name: 'pets' }, { piecesFromBytes: 1, pieceBytes: 300, onProgress: ({ sent_bytes }) => told.push(sent_bytes) });
    const ready = await over(fetch).datasets.wait(dataset.id);
    expect(ready).toMatchObject({ name: 'pets', source: { files: [{ name: 'pets.csv', size_bytes: data.size }] } });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(data.size);
    expect(told.length).toBeGreaterThan(3);
  });

  it('that is received other than it was sent is refused', async () => {
    const changed = async (address: string, init: RequestInit): Promise<Response> => {
      const answer = await fetch(address, init);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      bytes[bytes.length - 1]! ^= 1;
      return new Response(bytes, { status: answer.status, headers: answer.headers });
    };
    const client = over(first(changed, cut(10)).line);
    expect(await failure((await client.jobs.artifact(given.finishedJob, 'labels.json')).bytes())).toBeInstanceOf(DigestError);
    expect(await failure((await client.jobs.artifact(given.finishedJob, 'labels.json')).bytes())).toBeInstanceOf(ConnectionError);
  });
});

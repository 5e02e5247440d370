// Lists: their order, their pages, their filters, and what they say to a question that makes no sense.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import type { Job, JobSummary } from '#contract/job.js';
import type { ListOf } from '#contract/schema.js';
import { TestApp } from '../support/app.js';
import { expectProblem, pretrain } from '../support/requests.js';

let app: TestApp;
let dataset: Dataset;
const jobs: Job[] = [];
beforeAll(async () => {
  app = await TestApp.open();
  dataset = await app.generated();
  for (let n = 0; n < 5; n += 1) jobs.push(await app.submit(pretrain(dataset.id, { name: `job ${n}` })));
  await app.post(`/v1/jobs/${jobs[1]!.id}/cancel`, {});
}, 30_000);

const list = async <T = JobSummary>(path: string) => (await app.get(path)).json<ListOf<T>>();
const newestFirst = (): string[] => jobs.map(({ id }) => id).reverse();

describe('GET /v1/jobs', () => {
  it('lists the newest first, as rows without spec, history and runs', async () => {
    const found = await list('/v1/jobs');
    expect(found.data.map(({ id }) => id)).toEqual(newestFirst());
    expect(found).toMatchObject({ object: 'list', first_id: newestFirst()[0], last_id: newestFirst()[4], has_more: false });
    for (const row of found.data) for (const left of ['spec', 'status_history', 'runs']) expect(row).not.toHaveProperty(left);
  });

  it('gives pages that follow each other by the Link header, each job once', async () => {
    const seen: string[] = [];
    let path: string | undefined = '/v1/jobs?limit=2';
    for (let pages = 0; path !== undefined; pages += 1) {
      expect(pages).toBeLessThan(3);
      const answer = await app.get(path);
      const { data, has_more: more } = answer.json<ListOf<JobSummary>>();
      seen.push(...data.map(({ id }) => id));
      const [, next] = /^<([^>]+)>; rel="next"$/.exec((answer.headers.link as string | undefined) ?? '') ?? [];
      expect(next !== undefined).toBe(more);
      path = next;
    }
    expect(seen).toEqual(newestFirst());
  });

  it('keeps its filters in the Link header', async () => {
    const answer = await app.get('/v1/jobs?status=queued&type=pretrain&limit=1');
    expect(answer.headers.link).toMatch(/^<\/v1\/jobs\?status=queued&type=pretrain&limit=1&after=job_[0-9a-f]{32}>; rel="next"$/);
  });

  it('goes on after a job that is no longer there', async () => {
    const all = newestFirst();
    const between = `${all[1]!.slice(0, -1)}${all[1]!.endsWith('0') ? '1' : '0'}`;
    const found = await list(`/v1/jobs?after=${between}`);
    expect(found.data.length).toBeGreaterThanOrEqual(3);
    expect(found.data.every(({ id }) => id < between)).toBe(true);
  });

  it('filters by status and by type, and a page holds as many that fit as was asked for', async () => {
    expect((await list('/v1/jobs?status=cancelled')).data.map(({ id }) => id)).toEqual([jobs[1]!.id]);
    expect((await list('/v1/jobs?type=fine_tune')).data).toEqual([]);
    const queued = await list('/v1/jobs?status=queued&limit=4');
    expect(queued.data.map(({ id }) => id)).toEqual(newestFirst().filter((id) => id !== jobs[1]!.id));
    expect(queued.has_more).toBe(false);
  });

  it('filters by name, by metadata and by the time of creation, and goes on with them', async () => {
    const names = async (query: string) => (await list(`/v1/jobs?${query}`)).data.map(({ name }) => name);
    expect(await names('name=job%203')).toEqual(['job 3']);
    expect(await names('name=job')).toEqual([]);
    expect(await names('name_contains=JOB')).toEqual(['job 4', 'job 3', 'job 2', 'job 1', 'job 0']);
    expect(await names(`created_after=${jobs[2]!.created_at}&name_contains=job`)).toEqual(['job 4', 'job 3']);
    const marked = [];
    for (const [team, run] of [['a', '1'], ['b', '1'], ['a', '1']]) marked.push((await app.submit(pretrain(dataset.id, { metadata: { team: team!, run: run! } }))).id);
    const answer = await app.get('/v1/jobs?metadata[team]=a&metadata[run]=1&limit=1');
    expect(answer.json<ListOf<JobSummary>>()).toMatchObject({ data: [{ id: marked[2] }], has_more: true });
    const [, next] = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers.link))!;
    expect(await list(next!)).toMatchObject({ data: [{ id: marked[0] }], has_more: false });
    for (const id of marked) {
      await app.post(`/v1/jobs/${id}/cancel`, {});
      await app.delete(`/v1/jobs/${id}`);
    }
  });

  it('shows of a job that has ended what it came to, and nothing once it was removed', async () => {
    const { id } = await app.submit(pretrain(dataset.id, { name: 'removed' }));
    expect((await list('/v1/jobs?name=removed')).data).toMatchObject([{ id, status: 'queued' }]);
    await app.post(`/v1/jobs/${id}/cancel`, {});
    for (let time = 0; time < 2; time += 1) expect((await list('/v1/jobs?name=removed')).data).toEqual([expect.objectContaining({ id, status: 'cancelled', finished_at: expect.any(String) })]);
    await app.delete(`/v1/jobs/${id}`);
    expect((await list('/v1/jobs?name=removed')).data).toEqual([]);
  });

  it('says of an empty list that it is one', async () => {
    expect(await list('/v1/jobs?status=failed')).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
  });
});

describe('GET /v1/datasets and /v1/models', () => {
  it('list the newest first, page by page', async () => {
    const later = await app.generated('glyph_letters', 100);
    const { id: model } = await app.model(dataset.id);
    const first = await list<Dataset>('/v1/datasets?limit=1');
    expect(first).toMatchObject({ data: [{ id: later.id }], has_more: true });
    expect(await list<Dataset>(`/v1/datasets?limit=1&after=${first.last_id}`)).toMatchObject({ data: [{ id: dataset.id }], has_more: false });
    expect(await list('/v1/models')).toMatchObject({ data: [{ id: model }], has_more: false });
    expect(await list('/v1/datasets?status=ready&name_contains=LETTERS')).toMatchObject({ data: [{ id: later.id }], has_more: false });
    expect(await list('/v1/datasets?status=invalid')).toMatchObject({ data: [] });
    expect(await list('/v1/models?status=ready')).toMatchObject({ data: [{ id: model }] });
    expect(await list('/v1/models?status=importing')).toMatchObject({ data: [] });
  });
});

describe('a question that makes no sense', () => {
  it.each(['/v1/jobs', '/v1/datasets', '/v1/models'].flatMap((path) =>
    [['limit=0', 'limit'], ['limit=101', 'limit'], ['limit=-1', 'limit'], ['limit=1e9', 'limit'], ['limit=abc', 'limit'], ['limit=1.5', 'limit'], ['limit=', 'limit'],
      ['limit=1&limit=2', 'limit'], [`after=${'x'.repeat(129)}`, 'after']].map(([query, name]) => [path, query!.slice(0, 20), query!, name!] as const),
  ))('is refused: GET %s?%s', async (path, _shown, query, name) => {
    expectProblem(await app.get(`${path}?${query}`), 422, 'INVALID_VALUE', [`/${name}`]);
  });

  it.each(['/v1/jobs?order=asc', '/v1/datasets?type=idx', '/v1/models?page=2', '/v1/jobs?__proto__=1', '/v1/models?metadata[a]=b'])('is refused: GET %s', async (path) => {
    const name = /\?(\w+)/.exec(path)![1]!;
    expectProblem(await app.get(path), 422, 'UNKNOWN_FIELD', [`/${name}`]);
  });

  it.each(['status=done', 'type=train', 'status=', 'created_after=yesterday', 'name_contains=', 'metadata=a', 'metadata[team]=a&metadata[team]=b'])('is refused: GET /v1/jobs?%s', async (query) => {
    expectProblem(await app.get(`/v1/jobs?${query}`), 422, 'INVALID_VALUE', [`/${query.split('=')[0]!.replace('[', '/').replace(']', '')}`]);
  });

  it.each(['after=-1', 'after=x', 'limit=0', 'limit=1001'])('is refused: GET /v1/jobs/{id}/events?%s', async (query) => {
    expectProblem(await app.get(`/v1/jobs/${jobs[0]!.id}/events?${query}`), 422, 'INVALID_VALUE', [`/${query.split('=')[0]}`]);
  });

  it('forges an id to go on after, and gets what lies behind it', async () => {
    expect((await list(`/v1/jobs?after=job_${'f'.repeat(32)}`)).data.slice(-5).map(({ id }) => id)).toEqual(newestFirst());
    expect(await list(`/v1/jobs?after=job_${'0'.repeat(32)}`)).toMatchObject({ data: [] });
  });
});

describe('GET /v1/jobs/{id}/events', () => {
  it('lists the oldest first, from any event on', async () => {
    const path = `/v1/jobs/${jobs[1]!.id}/events`;
    expect(await list(path)).toMatchObject({ data: [{ id: '1', type: 'job.queued' }, { id: '2', type: 'job.cancelled' }], has_more: false });
    expect(await list(`${path}?limit=1`)).toMatchObject({ data: [{ id: '1' }], has_more: true });
    expect(await list(`${path}?after=1`)).toMatchObject({ data: [{ id: '2' }], has_more: false });
    expect(await list(`${path}?after=2`)).toMatchObject({ data: [], first_id: null, has_more: false });
  });
});

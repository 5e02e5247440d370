// GET /v1/jobs/{id}/report: what a fine-tuning came to, as JSON and as a page, over HTTP.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleFile } from '#contract/model.js';
import type { TransferReport } from '#contract/transfer-report.js';
import { TestApp } from '../support/app.js';
import { expectProblem, fineTune, pretrain } from '../support/requests.js';
import { file } from '../support/tables.js';

let app: TestApp;
let base: { id: string; job: { id: string } };
let digits: string;
let others: string;
let tuned: string;

const HTML = { accept: 'text/html' };
const reportOf = async (id: string): Promise<TransferReport> => {
  const answer = await app.get(`/v1/jobs/${id}/report`);
  expect(answer.status).toBe(200);
  return answer.json<TransferReport>();
};
async function made(body: Record<string, unknown>): Promise<string> {
  const { id } = await app.submit(body);
  expect(await app.attempt(id)).toMatchObject({ status: 'succeeded' });
  return id;
}

beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits', 240, 1)).id;
  others = (await app.generated('glyph_digits', 240, 2)).id;
  base = await app.model(digits);
  tuned = await made(fineTune(others, base.id, { kind: 'parameter' }, { name: 'a <i>name</i>', training: { epochs: 2, validation_split: 0.2, seed: 4 }, baseline: { scratch: true, seeds: 3 } }));
}, 120_000);

describe('the report of a fine-tuning', () => {
  it('compares three pairs of runs, and says by an interval what it can tell', async () => {
    const report = await reportOf(tuned);
    const { comparison, verdict } = report;
    expect(report).toMatchObject({ object: 'transfer_report', job: tuned, base_model: base.id, dataset: others, task: 'classification', test_examples: 40 });
    expect(comparison!.pairs.map(({ seed }) => seed)).toEqual([4, 5, 6]);
    const [low, high] = comparison!.interval!;
    expect(verdict).toBe(low > 0 ? 'helps' : high < 0 ? 'hurts' : 'cannot_tell');
    const job = await app.job(tuned);
    expect(job.runs.map(({ metrics }) => metrics)).toEqual(report.runs.map(({ metrics }) => metrics));
    expect(job.metrics).toEqual(job.runs[0]!.metrics);
  });

  it('tells what the model has forgotten of the data that its base learnt from', async () => {
    const { forgetting, not_measured: missing } = await reportOf(tuned);
    const { metrics } = (await app.get(`/v1/models/${base.id}`)).json<{ metrics: Record<string, number> }>();
    expect(forgetting).toMatchObject({ dataset: digits, examples: 40 });
    expect(forgetting!.before.accuracy!.value).toBeCloseTo(metrics.test_accuracy!, 12);
    expect(forgetting!.difference).toBeCloseTo(forgetting!.after.accuracy!.value - forgetting!.before.accuracy!.value, 12);
    expect(missing).toEqual([]);
  });

  it('is a file of the bundle, and so is its page', async () => {
    const listed = (await app.get(`/v1/jobs/${tuned}/artifacts`)).json<{ data: BundleFile[] }>().data.map(({ name }) => name);
    expect(listed).toEqual(expect.arrayContaining(['report.json', 'report.html']));
    expect((await app.get(`/v1/jobs/${tuned}/artifacts/report.json`)).json()).toEqual(await reportOf(tuned));
    const page = await app.get(`/v1/jobs/${tuned}/artifacts/report.html`);
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'content-disposition': 'attachment; filename="report.html"', 'x-content-type-options': 'nosniff' });
  });

  it('is a page for who asks for one, which may load and run nothing', async () => {
    const page = await app.get(`/v1/jobs/${tuned}/report`, HTML);
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'content-disposition': 'inline; filename="report.html"', vary: expect.stringContaining('accept') });
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none';.*frame-ancestors 'none'.*sandbox/);
    expect(page.text).toContain('a &lt;i&gt;name&lt;/i&gt;');
    expect(page.text).not.toMatch(/<script|<i>/);
    expect((await app.get(`/v1/jobs/${tuned}/report`, { ...HTML, 'if-none-match': page.headers.etag! })).status).toBe(304);
    expect((await app.get(`/v1/jobs/${tuned}/report`)).headers['content-type']).toMatch(/^application\/json/);
  });

  it('of values is by their error, and has no classes and no calibration', async () => {
    const table = (from: number): string => `a,b,price\n${Array.from({ length: 120 }, (_, at) => `${at % 7},${at % 5},${(at % 7) * 2 - (at % 5) + from + 0.5}`).join('\n')}\n`;
    const first = await app.uploaded(file(table(0)));
    const model = await made(pretrain(first.id, { training: { epochs: 3 } }));
    const tunedValues = await made(fineTune(first.id, (await app.job(model)).model!, { kind: 'parameter' }, { training: { epochs: 2 }, baseline: { scratch: true, seeds: 2 } }));
    const report = await reportOf(tunedValues);
    expect(report).toMatchObject({ task: 'regression', comparison: { metric: 'test_rmse', seeds: 2 }, classes: null, calibration: null });
    expect(report.before.accuracy).toBeNull();
    expect(report.forgetting).toMatchObject({ dataset: first.id, before: { metrics: report.before.metrics } });
    expect(report.not_measured.map(({ part }) => part)).toEqual(['calibration', 'classes']);
    expect((await app.get(`/v1/jobs/${tunedValues}/report`, HTML)).text).toContain('RMSE');
  }, 60_000);

  it('says why it cannot tell what was forgotten', async () => {
    const letters = (await app.generated('glyph_letters')).id;
    const source = (await app.generated('glyph_digits', 240, 3)).id;
    const { id: gone } = await app.model(source);
    const ofNewHead = await made(fineTune(letters, gone, { kind: 'parameter' }));
    await app.delete(`/v1/datasets/${source}`);
    const ofNoData = await made(fineTune(digits, gone, { kind: 'parameter' }));
    const why = async (id: string): Promise<string> => (await reportOf(id)).not_measured.find(({ part }) => part === 'forgetting')!.why;
    expect(await why(ofNewHead)).toMatch(/^the output layer is new/);
    expect(await why(ofNoData)).toMatch(/has been deleted$/);
  }, 60_000);
});

describe('a job without a report', () => {
  it('is a pretraining, one that has not succeeded, one that is not there, or one of an earlier version', async () => {
    expectProblem(await app.get(`/v1/jobs/${base.job.id}/report`), 404, 'NO_TRANSFER_REPORT');
    const { id } = await app.submit(fineTune(others, base.id, { kind: 'parameter' }));
    expectProblem(await app.get(`/v1/jobs/${id}/report`), 409, 'NO_ARTIFACTS_YET');
    expectProblem(await app.get(`/v1/jobs/job_${'0'.repeat(32)}/report`), 404, 'JOB_NOT_FOUND');

    const manifest = join(app.folder, 'models', (await app.job(tuned)).model!, 'manifest.json');
    const { files, ...model } = JSON.parse(await readFile(manifest, 'utf8')) as { files: BundleFile[] };
    await writeFile(manifest, JSON.stringify({ ...model, files: files.filter(({ name }) => name !== 'report.html') }));
    expectProblem(await app.get(`/v1/jobs/${tuned}/report`), 404, 'NO_TRANSFER_REPORT');
  });
});

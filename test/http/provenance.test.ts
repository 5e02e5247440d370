// Where a model comes from, whether a copy of it is whole, and whether its job comes to the same bytes again.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EvaluateReport } from '#contract/evaluate-report.js';
import { EXPORT_FORMATS } from '#contract/export-format.js';
import { JOB_TYPES, type Job, type JobType } from '#contract/job.js';
import { describeFiles, MANIFEST_FILE } from '#models/bundle.js';
import type { Statement } from '#models/provenance.js';
import type { Model } from '#contract/model.js';
import { JOB_OUTCOME } from '#jobs/records.js';
import { readRecord, writeRecord } from '#store/records.js';
import { TestApp } from '../support/app.js';
import type { PlanJob } from '../support/plan-job.js';
import { expectProblem, fineTune, pretrain } from '../support/requests.js';

jest.setTimeout(240_000);

const run = promisify(execFile);
const COMMAND = join(import.meta.dirname, '..', '..', 'scripts', 'rootstock.mjs');

let app: TestApp;
let digits: string;
let letters: string;
let base: { id: string; job: PlanJob };
let tuned: PlanJob;
beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits')).id;
  letters = (await app.generated('glyph_letters')).id;
  base = await app.model(digits);
  tuned = await app.attempt((await app.submit(fineTune(letters, base.id, { kind: 'parameter' }))).id);
});

const bundleOf = (model: string): string => join(app.folder, 'models', model);
const statementIn = async (model: string): Promise<Statement> => JSON.parse(await readFile(join(bundleOf(model), 'provenance.json'), 'utf8')) as Statement;
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

describe('provenance.json', () => {
  it('is a statement about each file of the bundle, by its digest', async () => {
    const statement = await statementIn(base.id);
    expect(statement).toMatchObject({ _type: 'https://in-toto.io/Statement/v1', predicateType: 'https://slsa.dev/provenance/v1' });
    const names = (await readdir(bundleOf(base.id))).filter((name) => name !== 'provenance.json' && name !== MANIFEST_FILE).sort();
    expect(statement.subject.map(({ name }) => name).sort()).toEqual(names);
    for (const { name, digest } of statement.subject) expect(digest.sha256).toBe(sha256(await readFile(join(bundleOf(base.id), name))));
    const { files } = (await app.get(`/v1/models/${base.id}`)).json<Model>();
    expect(files.find(({ name }) => name === 'provenance.json')).toMatchObject({ media_type: 'application/json' });
  });

  it('names data, base, code, spec, engine, weights and metrics', async () => {
    const { predicate: { buildDefinition, runDetails } } = await statementIn(tuned.model!);
    const { content } = (await app.get(`/v1/datasets/${letters}`)).json<{ content: { digest: string } }>();
    const { weights_digest: ofBase } = (await app.get(`/v1/models/${base.id}`)).json<Model>();
    expect(buildDefinition).toMatchObject({ buildType: 'urn:rootstock:job:v1', externalParameters: { spec: tuned.spec, spec_digest: tuned.spec_digest }, internalParameters: { engine: tuned.engine, threads: tuned.threads, processor: expect.any(String) } });
    expect(buildDefinition.resolvedDependencies).toEqual([
      { name: 'dataset', uri: `urn:rootstock:dataset:${letters}`, digest: { rootstockPacked: content.digest } },
      { name: 'base_model', uri: `urn:rootstock:base:${base.id}`, digest: { rootstockWeights: ofBase } },
      { name: 'rootstock', uri: expect.stringMatching(/^pkg:npm\/rootstock@/), digest: { rootstockPrograms: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ]);
    expect(runDetails).toMatchObject({ builder: { version: { node: process.versions.node } }, metadata: { invocationId: tuned.id } });
    expect(runDetails.byproducts[0]).toEqual({ name: 'weights', digest: { rootstockWeights: tuned.weights_digest } });
    expect(JSON.parse(Buffer.from(runDetails.byproducts[1]!.content!, 'base64').toString('utf8'))).toEqual(tuned.metrics);
  });
});

interface Verified {
  code: number;
  ok: boolean;
  wrong: string[];
  says: string;
}

/** What is unpacked lies here, and must be gone. */
let temporary: string;
beforeAll(async () => void (temporary = await mkdtemp(join(tmpdir(), 'rootstock-temporary-'))));
afterAll(() => rm(temporary, { recursive: true, force: true }));
afterEach(async () => expect(await readdir(temporary)).toEqual([]));

async function verify(path: string): Promise<Verified> {
  const ended = await run(process.execPath, [COMMAND, 'verify', path, '--json'], { env: { ...process.env, TMPDIR: temporary } }).then(({ stdout }) => ({ code: 0, stdout }), (error: { code: number; stdout: string }) => error);
  const { ok, checks } = JSON.parse(ended.stdout) as { ok: boolean; checks: { name: string; ok: boolean; says: string }[] };
  return { code: ended.code, ok, wrong: checks.filter((check) => !check.ok).map(({ name }) => name), says: checks.map(({ says }) => says).join('\n') };
}

/** A copy of a bundle, changed, in a folder that goes when the test has ended. */
async function changed<T>(change: (folder: string) => Promise<void>, look: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rootstock-bundle-'));
  try {
    await cp(bundleOf(base.id), folder, { recursive: true });
    await change(folder);
    return await look(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The manifest says of the files what they are now, as who changes both would write it. */
async function relisted(folder: string, change: (manifest: Model) => object = () => ({})): Promise<void> {
  const path = join(folder, MANIFEST_FILE);
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Model;
  const files = await describeFiles(folder, manifest.files.map(({ name }) => name));
  await writeFile(path, JSON.stringify({ ...manifest, files, ...change(manifest) }));
}

async function edited(path: string, edit: (value: Record<string, unknown>) => object): Promise<void> {
  await writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)));
}

describe('rootstock verify', () => {
  it('finds a bundle whole, as a folder, a tar and a gzipped tar of it', async () => {
    expect(await verify(bundleOf(tuned.model!))).toMatchObject({ code: 0, ok: true, wrong: [] });
    await changed(async () => undefined, async (folder) => {
      for (const [flags, name] of [['-cf', 'bundle.tar'], ['-czf', 'bundle.tar.gz']] as const) {
        const archive = `${folder}-${name}`;
        await run('tar', [flags, archive, '-C', join(folder, '..'), folder.split('/').at(-1)!]);
        expect(await verify(archive)).toMatchObject({ code: 0, ok: true });
        const { size } = await stat(archive);
        await truncate(archive, Math.floor(size / 2));
        const cut = await verify(archive);
        expect(cut).toMatchObject({ code: 3, ok: false });
        expect(cut.says).toMatch(/cut off|missing|no manifest\.json/);
        await rm(archive);
      }
    });
  });

  it.each<[string, (folder: string) => Promise<void>, string[]]>([
    ['no manifest', (folder) => rm(join(folder, MANIFEST_FILE)), ['manifest']],
    ['a manifest that is cut off', (folder) => truncate(join(folder, MANIFEST_FILE), 400), ['manifest']],
    ['weights that are cut off', (folder) => truncate(join(folder, 'group1-shard1of1.bin'), 1_000), ['files']],
    ['a file that is missing', (folder) => rm(join(folder, 'labels.json')), ['files']],
    ['a file too many', (folder) => writeFile(join(folder, 'more.js'), ''), ['files']],
    ['a file with a byte more', (folder) => appendFile(join(folder, 'labels.json'), ' '), ['files']],
    ['a manifest with a path', (folder) => edited(join(folder, MANIFEST_FILE), (manifest) => ({ ...manifest, files: [{ name: '../model.json', size_bytes: 0, sha256: '' }] })), ['manifest']],
    ['labels that were changed together with the manifest', async (folder) => { await writeFile(join(folder, 'labels.json'), '[]'); await relisted(folder); }, ['provenance']],
    ['a spec that was changed together with the manifest', async (folder) => { await edited(join(folder, 'run.json'), (made) => ({ ...made, spec: { ...(made.spec as object), threads: 9 } })); await relisted(folder); }, ['provenance', 'spec']],
    ['metrics that were changed in the manifest', (folder) => relisted(folder, () => ({ metrics: { test_accuracy: 1 } })), ['provenance', 'metrics']],
    ['weights that were changed together with the manifest', async (folder) => {
      const path = join(folder, 'group1-shard1of1.bin');
      const bytes = await readFile(path);
      bytes.writeFloatLE(9, 0);
      await writeFile(path, bytes);
      await relisted(folder);
    }, ['provenance', 'weights']],
    ['golden pairs that were changed together with all that speaks of them', async (folder) => {
      await edited(join(folder, 'golden.json'), (golden) => ({ ...golden, outputs: (golden.outputs as number[][]).map((row) => row.map(() => 0.9)) }));
      const [golden] = await describeFiles(folder, ['golden.json']);
      await edited(join(folder, 'provenance.json'), (statement) => ({ ...statement, subject: (statement.subject as Statement['subject']).map((one) => (one.name === 'golden.json' ? { ...one, digest: { sha256: golden!.sha256 } } : one)) }));
      await relisted(folder);
    }, ['golden_pairs']],
  ])('tells of %s', async (_, change, wrong) => {
    expect(await changed(change, verify)).toMatchObject({ code: 3, ok: false, wrong });
  });

  it('says so where there is no bundle, and how it is called', async () => {
    for (const args of [['/nowhere'], [], ['a', 'b'], ['--loud']]) await expect(run(process.execPath, [COMMAND, 'verify', ...args])).rejects.toMatchObject({ code: 2, stdout: '' });
    expect(await verify(COMMAND)).toMatchObject({ code: 3, wrong: ['archive'] });
  });
});

type Report = EvaluateReport & { classes: NonNullable<EvaluateReport['classes']> };

describe('POST /v1/jobs/{id}/reproduce', () => {
  const reproduced = async (id: string): Promise<Job> => {
    const accepted = await app.post(`/v1/jobs/${id}/reproduce`, {});
    expect(accepted.status).toBe(201);
    const job = accepted.json<Job>();
    expect(job).toMatchObject({ reproduce_of: id, retry_of: null, reproduction: null, status: 'queued' });
    return (await app.attempt(job.id));
  };

  const REPRODUCED: [string, 'weights' | 'report', () => object][] = [
    ['pretrain', 'weights', () => pretrain(digits)],
    ['fine_tune, parameters', 'weights', () => fineTune(letters, base.id, { kind: 'parameter', preset: 'lp_ft' })],
    ['fine_tune, features beside a baseline', 'weights', () => fineTune(letters, base.id, { kind: 'feature' }, { baseline: { scratch: true } })],
    ['fine_tune, structure', 'weights', () => fineTune(letters, base.id, { kind: 'structure', edits: [{ resize: 'dense_1', units: 8 }], stages: [{ trainable: 'head', epochs: 1 }, { trainable: 'all', epochs: 1 }] })],
    ['lr_find', 'report', () => ({ type: 'lr_find', dataset: letters, base_model: base.id })],
    ['compare', 'report', () => ({ type: 'compare', dataset: letters, base_model: base.id, seeds: 1, candidates: [{ name: 'a', transfer: { kind: 'parameter' }, training: { epochs: 1 } }, { name: 'b', model: { architecture: 'mlp', hidden: [8] }, training: { epochs: 1 } }] })],
    ['evaluate', 'report', () => ({ type: 'evaluate', dataset: digits, model: base.id, resamples: 200 })],
    ['explain', 'report', () => ({ type: 'explain', dataset: digits, model: base.id, worst: 2 })],
    ...EXPORT_FORMATS.map((format): [string, 'report', () => object] => [`export to ${format}`, 'report', () => ({ type: 'export', format, model: base.id, ...(format === 'tfjs_layers' && { quantize: { dtype: 'uint8' }, dataset: digits }) })]),
  ];
  it.each(REPRODUCED)('agrees of a job of type %s', async (_, compared, body) => {
    const first = await app.attempt((await app.submit(body())).id);
    expect(first.status).toBe('succeeded');
    const again = await reproduced(first.id);
    expect(again).toMatchObject({ status: 'succeeded', spec: first.spec, reproduction: { of: first.id, compared, agrees: true, differs: [] } });
  });

  it('was asked of each type of job', () => {
    expect(new Set(REPRODUCED.map(([, , body]) => (body() as { type: JobType }).type))).toEqual(new Set(JOB_TYPES));
  });

  it.each<[string, (report: Report) => object, boolean]>([
    ['in the job and its name', (report) => ({ ...report, job: base.job.id, name: 'another' }), true],
    ['in a metric', (report) => ({ ...report, metrics: report.metrics.map((metric) => ({ ...metric, value: metric.value + 1e-12 })) }), false],
    ['in the name of a class', (report) => ({ ...report, classes: report.classes.map((one) => ({ ...one, name: `${one.name}'` })) }), false],
  ])('of reports that differ %s says whether they agree', async (_, change, agrees) => {
    const first = await app.attempt((await app.submit({ type: 'evaluate', dataset: digits, model: base.id, resamples: 200 })).id);
    const path = join(app.folder, 'jobs', first.id, 'result', 'report.json');
    await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')) as Report)));
    expect((await reproduced(first.id)).reproduction).toEqual({ of: first.id, compared: 'report', agrees, differs: [] });
  });

  it('does not agree with an export of other bytes', async () => {
    const first = await app.attempt((await app.submit({ type: 'export', format: 'onnx', model: base.id })).id);
    const path = join(app.folder, 'jobs', first.id, 'result', 'report.json');
    await edited(path, (report) => ({ ...report, files: (report.files as { sha256: string }[]).map((file) => ({ ...file, sha256: file.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) })) }));
    expect((await reproduced(first.id)).reproduction).toMatchObject({ compared: 'report', agrees: false });
  });

  it('says where threads or the machine were others, and does not agree with other weights', async () => {
    const { store } = app.rooms;
    const first = await app.attempt((await app.submit(pretrain(digits))).id);
    const outcome = (await readRecord(store, JOB_OUTCOME, first.id))!;
    if (outcome.status !== 'succeeded') throw new Error('it did not succeed');
    const { environment } = outcome;
    await writeRecord(store, JOB_OUTCOME, first.id, { ...outcome, weights_digest: '0'.repeat(64), environment: { ...environment!, threads: 64, processor: 'another' } });
    expect((await reproduced(first.id)).reproduction).toEqual({ of: first.id, compared: 'weights', agrees: false, differs: ['threads', 'processor'] });
  });

  it('cannot tell of a first that is there no more', async () => {
    const first = await app.attempt((await app.submit(pretrain(digits))).id);
    const again = await reproduced(first.id);
    expect((await app.delete(`/v1/jobs/${first.id}`)).status).toBe(204);
    expect((await app.job(again.id)).reproduction).toMatchObject({ agrees: null });
  });

  it('is refused of a job that has not succeeded, and where its data set is gone', async () => {
    const waiting = await app.submit(pretrain(digits));
    expectProblem(await app.post(`/v1/jobs/${waiting.id}/reproduce`, {}), 409, 'ACTION_NOT_ALLOWED');
    const set = (await app.generated('glyph_digits', 240, 9)).id;
    const first = await app.attempt((await app.submit(pretrain(set))).id);
    await app.delete(`/v1/datasets/${set}`);
    const before = await app.traces();
    expectProblem(await app.post(`/v1/jobs/${first.id}/reproduce`, {}), 422, 'DATASET_UNKNOWN');
    expect(await app.traces()).toEqual(before);
  });
});

// Every command against a real service: what it prints where, and what it ends with.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Dataset } from '#contract/dataset.js';
import type { ExampleClass } from '#contract/example-prediction.js';
import type { Job } from '#contract/job.js';
import type { Model } from '#contract/model.js';
import type { Predictions } from '#contract/prediction.js';
import { givenService, petsTable, type Given } from '../client/given.js';
import { Receiver } from '../support/receiver.js';
import { diverging, pretrain } from '../support/requests.js';
import type { Service } from '../support/service.js';
import { documentOf, ended, linesOf, rootstock as command, start, type Ended, type Surroundings } from './rootstock.js';

jest.setTimeout(120_000);

let service: Service;
let given: Given;
let folder: string;
beforeAll(async () => {
  ({ service, given } = await givenService({ ALLOW_PRIVATE_ADDRESSES: '1' }));
  folder = await mkdtemp(join(tmpdir(), 'rootstock-cli-'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const rootstock = (args: string[], more: Surroundings = {}): Promise<Ended> => command(args, { url: service.url, cwd: folder, ...more });
const quick = () => ({ ...pretrain(given.dataset), model: { architecture: 'mlp', hidden: [8] } });

describe('rootstock datasets', () => {
  it('add sends files and waits; rm removes', async () => {
    await writeFile(join(folder, 'pets.csv'), petsTable());
    const added = await rootstock(['datasets', 'add', 'pets.csv', '--name', 'pets', '--table', '{"target":"label"}', '--wait', '--json']);
    expect({ ...added, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
    const dataset = documentOf<Dataset>(added);
    expect(dataset).toMatchObject({ object: 'dataset', name: 'pets', status: 'ready', content: { class_names: ['cat', 'dog'] } });
    expect(await rootstock(['datasets', 'rm', dataset.id])).toEqual({ code: 0, stdout: `${dataset.id}\n`, stderr: '' });
  });

  it('add draws one, and says what is missing of one it does not know how to make', async () => {
    const drawn = await rootstock(['datasets', 'add', '--generate', 'glyph_letters', '--examples', '200', '--wait']);
    expect(drawn).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^id +ds_[0-9a-f]{32}\n.*\nstatus +ready\n/s) });
    const none = await rootstock(['datasets', 'add']);
    expect(none).toEqual({ code: 2, stdout: '', stderr: 'rootstock: Name files, or give --from-url, or --generate: one of the three.\n' });
  });

  it('ls and show print lines for a program, and columns for a person', async () => {
    const listed = await rootstock(['datasets', 'ls', '--json', '--status', 'ready', '--limit', '200']);
    expect(linesOf(listed).map(({ object }) => object)).toContain('dataset');
    const shown = await rootstock(['datasets', 'ls', '--name', 'no such name']);
    expect(shown).toEqual({ code: 0, stdout: '', stderr: 'There are no such data sets.\n' });
    expect((await rootstock(['datasets', 'show', given.dataset])).stdout).toMatch(/^id +ds_.*^shape +28 × 28 × 1$.*^classes +0, 1, 2/ms);
    expect(documentOf(await rootstock(['datasets', 'show', given.dataset, '--report', '--json']))).toMatchObject({ object: 'dataset_report' });
  });

  it('preview saves a picture, held against its digest', async () => {
    const { stdout } = await rootstock(['datasets', 'preview', given.dataset, '-o', 'sheet.png', '--json']);
    const saved = JSON.parse(stdout) as { path: string; sha256: string };
    const bytes = await readFile(join(folder, saved.path));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(saved.sha256);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  });

  it('add --wait ends with 3 where the data set is invalid', async () => {
    await writeFile(join(folder, 'train-images'), Buffer.from([0, 0, 8, 1, 0, 0, 0, 9, 1]));
    await writeFile(join(folder, 'train-labels'), Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 1]));
    const { code, stderr } = await rootstock(['datasets', 'add', 'train-images', 'train-labels', '--wait']);
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(' is invalid: ') });
  });
});

describe('rootstock models', () => {
  it('ls and show tell of a model; pull saves what import takes again', async () => {
    expect((await rootstock(['models', 'ls'])).stdout).toMatch(new RegExp(`^ID .*\n${given.model} +digits +1 +ready`, 's'));
    const model = documentOf<Model>(await rootstock(['models', 'show', given.model, '--json']));
    const pulled = await rootstock(['models', 'pull', given.model, '-o', 'model', '--json']);
    expect(linesOf<{ sha256: string }>(pulled).map(({ sha256 }) => sha256)).toEqual(model.files.map(({ sha256 }) => sha256));
    const saved = await readdir(join(folder, 'model'));
    expect(saved.sort()).toEqual(model.files.map(({ name }) => name).sort());
    const parts = saved.filter((name) => name === 'model.json' || name.endsWith('.bin')).map((name) => join('model', name));
    const imported = documentOf<Model>(await rootstock(['models', 'import', ...parts, '--name', 'a copy', '--wait', '--json']));
    expect(imported).toMatchObject({ name: 'a copy', status: 'ready', weights_digest: model.weights_digest });
    expect(await rootstock(['models', 'rm', imported.id, '--json'])).toEqual({ code: 0, stderr: '', stdout: `${JSON.stringify({ object: 'removed', id: imported.id })}\n` });
  });

  it('set changes what is said of a model, and no more; lineage tells what it came of', async () => {
    const set = (...args: string[]): Promise<Ended> => rootstock(['models', 'set', given.model, ...args, '--json']);
    expect(documentOf<Model>(await set('--name', 'thin strokes', '--aliases', 'production,digits', '--metadata', 'team=a', '--metadata', 'year=2026'))).toMatchObject({
      name: 'thin strokes', aliases: ['production', 'digits'], metadata: { team: 'a', year: '2026' },
    });
    const changed = documentOf<Model>(await set('--notes', 'for people', '--aliases', ''));
    expect(changed).toMatchObject({ name: 'thin strokes', notes: 'for people', aliases: [], metadata: { team: 'a' } });
    expect(documentOf<Model>(await set('--notes', '', '--no-metadata', '--name', 'digits', '--stage', 'staging'))).toMatchObject({ name: 'digits', stage: 'staging', notes: null, metadata: {} });
    expect(await rootstock(['models', 'set', given.model])).toEqual({ code: 2, stdout: '', stderr: 'rootstock: Say what is to change: --name, --stage, --aliases, --notes or --metadata.\n' });
    expect(await set('--aliases', 'A')).toMatchObject({ code: 1, stdout: '' });

    expect(documentOf(await rootstock(['models', 'lineage', given.model, '--json']))).toMatchObject({ object: 'lineage', nodes: [{ id: given.model }, {}, {}] });
    const { code, stdout, stderr } = await rootstock(['models', 'lineage', given.model]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^TYPE +ID +NAME +STATUS +CAME OF\nmodel +${given.model} +digits +ready +made ${given.finishedJob}\n`));
    expect(stdout).toContain(`trained_on ${given.dataset}`);
  });

  it('versions lists those of a name, each of which, as an alias, stands for an id; rm removes what others came of when it is told to', async () => {
    const stdin = JSON.stringify({ instances: [Array.from({ length: 28 }, () => Array<number>(28).fill(0))] });
    expect(documentOf(await rootstock(['models', 'set', 'digits@1', '--aliases', 'champion', '--json']))).toMatchObject({ id: given.model, version: 1 });
    for (const address of ['digits@1', 'digits@latest', 'champion']) {
      expect((await rootstock(['models', 'show', address])).stdout).toMatch(new RegExp(`^id +${given.model}\nname +digits\nversion +1\n.*^aliases +champion$`, 'ms'));
      expect(documentOf<Predictions>(await rootstock(['models', 'predict', address, '-', '--json'], { stdin })).model).toBe(given.model);
    }
    expect(linesOf(await rootstock(['models', 'pull', 'champion', '-o', 'champion', '--file', 'labels.json', '--json']))).toHaveLength(1);
    const job = { type: 'fine_tune', name: 'digits', dataset: given.dataset, base_model: 'champion', transfer: { kind: 'parameter' }, training: { epochs: 1 } };
    const tuned = linesOf<{ model: string | null }>(await rootstock(['jobs', 'submit', '-f', '-', '--watch', '--json'], { stdin: JSON.stringify(job) })).at(-1)!.model!;
    expect(linesOf(await rootstock(['models', 'versions', 'digits', '--json']))).toMatchObject([{ id: 'digits@2', model: tuned, deleted: false }, { id: 'digits@1', model: given.model, aliases: ['champion'] }]);
    expect((await rootstock(['models', 'versions', 'digits', '--limit', '1'])).stdout).toMatch(new RegExp(`^ID +MODEL +STAGE +ALIASES +GIVEN\ndigits@2 +${tuned} +none +- +\\S+\n$`));
    expect(await rootstock(['models', 'versions', 'nobody'])).toEqual({ code: 0, stdout: '', stderr: 'No model was ever given this name.\n' });
    expect(await rootstock(['models', 'show', 'digits@3'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('the versions of "digits" go up to 2') });

    const grown = { ...job, name: 'grown', base_model: 'digits@2' };
    const child = linesOf<{ model: string | null }>(await rootstock(['jobs', 'submit', '-f', '-', '--watch', '--json'], { stdin: JSON.stringify(grown) })).at(-1)!.model!;
    expect(await rootstock(['models', 'rm', 'digits@2'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`A model descends from model ${tuned}: ${child}.`) });
    expect(await rootstock(['models', 'rm', 'digits@2', '--keep-descendants'])).toEqual({ code: 0, stdout: 'digits@2\n', stderr: '' });
    expect((await rootstock(['models', 'versions', 'digits'])).stdout).toMatch(/^digits@2 +deleted +- +- +\S+$/m);
    expect(await rootstock(['models', 'rm', child])).toMatchObject({ code: 0 });
    expect(documentOf(await rootstock(['models', 'set', given.model, '--aliases', '', '--json']))).toMatchObject({ aliases: [] });
  });

  it('predict says what a model, or a job, makes of examples', async () => {
    const instances = [Array.from({ length: 28 }, () => Array<number>(28).fill(0))];
    const stdin = JSON.stringify({ instances });
    expect(documentOf<Predictions>(await rootstock(['models', 'predict', given.model, '-', '--top-k', '2', '--json'], { stdin })).data).toMatchObject([{ top: [{}, {}] }]);
    expect((await rootstock(['models', 'predict', given.finishedJob, '-'], { stdin })).stdout).toMatch(/^ROW +LABEL +PROBABILITY\n0 +\d +0\.\d+\n$/);
    const sheet = await rootstock(['models', 'predict', given.model, 'sheet.png', '--json']);
    expect({ code: sheet.code, stderr: sheet.stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('rootstock jobs', () => {
  it('submit --watch follows a job of a YAML file to its end and ends as it does', async () => {
    await writeFile(join(folder, 'job.yaml'), `type: pretrain\nname: from a file\ndataset: ${given.dataset}\nmodel: { architecture: mlp, hidden: [8] }\ntraining: { epochs: 2 }\n`);
    const watched = await rootstock(['jobs', 'submit', '-f', 'job.yaml', '--watch']);
    expect(watched.code).toBe(0);
    expect(watched.stderr).toMatch(/^job_[0-9a-f]{32} is submitted; Ctrl-C leaves it running\.\n$/);
    expect(watched.stdout).toMatch(/epoch 1\/2: loss [\d.]+ .*epoch 2\/2.*\njob_[0-9a-f]{32} succeeded, model mdl_[0-9a-f]{32}: /s);
    expect(watched.stdout).not.toMatch(/[\r\u001b]/);
  });

  it('submit --watch --json prints the job, its events and the job as it ended, a line each', async () => {
    const lines = linesOf(await rootstock(['jobs', 'submit', '-f', '-', '--watch', '--json'], { stdin: JSON.stringify(quick()) }));
    expect(lines[0]).toMatchObject({ object: 'job' });
    expect(new Set(lines.slice(1, -1).map(({ object }) => object))).toEqual(new Set(['event']));
    expect(lines.at(-1)).toMatchObject({ object: 'job', status: 'succeeded' });
  });

  it('submit takes the same job once under one key, and only estimates with --dry-run', async () => {
    const stdin = JSON.stringify(quick());
    const args = ['jobs', 'submit', '-f', '-', '--json', '--idempotency-key', 'from-a-script'];
    const [one, other] = [documentOf<Job>(await rootstock(args, { stdin })), documentOf<Job>(await rootstock(args, { stdin }))];
    expect(other.id).toBe(one.id);
    expect((await rootstock(['jobs', 'submit', '-f', '-', '--dry-run'], { stdin })).stdout).toMatch(/^steps +\d+\nmemory +[\d.]+ MB\ntime +.+ \(.+ to .+\)\n$/);
  });

  it('ls and show find it', async () => {
    const { id } = await service.submit({ ...quick(), metadata: { team: 'cli' } });
    expect(linesOf(await rootstock(['jobs', 'ls', '--metadata', 'team=cli', '--json'])).map((job) => job.id)).toEqual([id]);
    expect((await rootstock(['jobs', 'ls', '--type', 'pretrain', '--limit', '1'])).stdout).toMatch(new RegExp(`^ID .*\n${id} .*\n$`));
    expect((await rootstock(['jobs', 'show', id])).stdout).toMatch(new RegExp(`^id +${id}\ntype +pretrain\n`));
    await service.ended(id);
  });

  it('watch ends as the job did: 3 where it failed, 4 where it was cancelled, 5 where it expired', async () => {
    const failed = await service.submit(diverging(given.dataset));
    const expired = await service.submit({ ...pretrain(given.dataset, { training: { epochs: 10_000 } }), limits: { run_seconds: 1 } });
    const cancelled = await service.submit(pretrain(given.dataset, { training: { epochs: 10_000 } }));
    const watching = [failed, expired, cancelled].map(({ id }) => rootstock(['jobs', 'watch', id]));
    expect((await rootstock(['jobs', 'cancel', cancelled.id])).code).toBe(0);
    const [ofFailed, ofExpired, ofCancelled] = await Promise.all(watching);
    expect([ofFailed!.code, ofExpired!.code, ofCancelled!.code]).toEqual([3, 5, 4]);
    expect(ofFailed!.stderr).toMatch(/^rootstock: \S.*\n$/);
  });

  it('watch ends with 7 after its time, and with 130 by Ctrl-C; the job goes on', async () => {
    expect(await rootstock(['jobs', 'watch', given.longJob, '--timeout', '1'])).toMatchObject({ code: 7, stderr: `rootstock: ${given.longJob} has not ended after 1 s.\n` });
    const child = start(['jobs', 'watch', given.longJob], { url: service.url });
    child.stdout.once('data', () => child.kill('SIGINT'));
    expect(await ended(child)).toMatchObject({ code: 130, stderr: '' });
    expect((await service.job(given.longJob)).finished_at).toBeNull();
  });

  it('pause, resume, stop and retry act; what the state forbids is refused with 1', async () => {
    const { id } = await service.submit(pretrain(given.dataset, { training: { epochs: 10_000 } }));
    expect(['pausing', 'paused']).toContain(documentOf<Job>(await rootstock(['jobs', 'pause', id, '--json'])).status);
    expect((await rootstock(['jobs', 'resume', id])).code).toBe(0);
    await service.isTraining(id);
    expect((await rootstock(['jobs', 'stop', id])).code).toBe(0);
    await service.ended(id);
    const refused = await rootstock(['jobs', 'pause', id]);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^rootstock: A job that is succeeded cannot be asked to pause\.\n {2}code ACTION_NOT_ALLOWED, request \S+\n$/) });
    expect(JSON.parse((await rootstock(['jobs', 'pause', id, '--json'])).stderr)).toMatchObject({ code: 'ACTION_NOT_ALLOWED' });
    const cancelled = await service.submit(quick());
    await service.post(`/v1/jobs/${cancelled.id}/cancel`);
    await service.ended(cancelled.id);
    expect(linesOf(await rootstock(['jobs', 'retry', cancelled.id, '--watch', '--json'])).at(-1)).toMatchObject({ status: 'succeeded', retry_of: cancelled.id });
  });

  it('predictions tells what was said of each example, narrowed and ordered as is asked', async () => {
    const all = linesOf<ExampleClass>(await rootstock(['jobs', 'predictions', given.finishedJob, '--limit', '1000', '--json']));
    expect(all.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    const wrong = linesOf<ExampleClass>(await rootstock(['jobs', 'predictions', given.finishedJob, '--sort', 'loss', '--limit', '1', '--json']))[0]!;
    expect(wrong.loss).toBe(Math.max(...all.map(({ loss }) => loss!)));
    const cell = ['--true', wrong.true, '--predicted', wrong.predicted];
    const { stdout } = await rootstock(['jobs', 'predictions', given.finishedJob, '--sort', 'loss', ...cell]);
    expect(stdout).toMatch(new RegExp(`^INDEX +TRUE +PREDICTED +PROBABILITY +LOSS\n${wrong.index} +${wrong.true} +${wrong.predicted} +0\\.\\d+ +[\\d.]+\n`));
    expect(stdout.trimEnd().split('\n')).toHaveLength(1 + Math.min(20, all.filter((one) => one.true === wrong.true && one.predicted === wrong.predicted).length));
    expect(await rootstock(['jobs', 'predictions', given.longJob])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('NO_ARTIFACTS_YET') });
    expect(await rootstock(['jobs', 'predictions', given.finishedJob, '--true', 'ten'])).toMatchObject({ code: 1, stderr: expect.stringContaining('CLASS_UNKNOWN') });
  });

  it('pull saves what a job made', async () => {
    expect(await rootstock(['jobs', 'pull', given.finishedJob, '-o', 'made', '--file', 'labels.json'])).toEqual({ code: 0, stdout: 'made/labels.json\n', stderr: '' });
    expect(JSON.parse(await readFile(join(folder, 'made', 'labels.json'), 'utf8'))).toBeDefined();
  });
});

describe('rootstock compare, jobs report, jobs logs', () => {
  it('trains the plans and prints their table', async () => {
    const plan = { dataset: given.dataset, seeds: 1, candidates: [8, 16].map((units) => ({ name: `mlp_${units}`, model: { architecture: 'mlp', hidden: [units] }, training: { epochs: 1 } })) };
    await writeFile(join(folder, 'plans.yaml'), JSON.stringify(plan));
    const compared = await rootstock(['compare', '-f', 'plans.yaml', '--json']);
    expect(compared).toMatchObject({ code: 0, stderr: '' });
    const lines = linesOf(compared);
    expect(lines.at(-1)).toMatchObject({ object: 'compare_report' });
    const { id } = lines.at(-2)!;
    expect((await rootstock(['jobs', 'report', id as string])).stdout).toMatch(/^CANDIDATE +SEEDS +TEST_ACCURACY .*\nmlp_8.*\nmlp_16.*\n$/);
    expect((await rootstock(['jobs', 'report', id as string, '--html'])).stdout).toMatch(/^<!doctype html>/i);

    const logs = linesOf(await rootstock(['jobs', 'logs', id as string, '--json']));
    expect(logs.length).toBeGreaterThan(0);
    expect(logs[0]).toMatchObject({ object: 'log_line', message: expect.stringMatching(/./) });
    expect((await rootstock(['jobs', 'logs', id as string])).stdout).toBe(logs.map(({ time, level, message }) => `${String(time)}  ${String(level).padEnd(5)}  ${String(message)}\n`).join(''));
  });
});

describe('rootstock models export', () => {
  it('saves the files of the format, and says how they were verified', async () => {
    const exported = await rootstock(['models', 'export', given.model, '--to', 'onnx', '-o', 'exported']);
    expect(exported).toMatchObject({ code: 0 });
    expect(exported.stdout).toContain('onnx agrees with the model on 100 inputs in onnxruntime');
    expect((await readdir(join(folder, 'exported'))).sort()).toEqual(['golden.json', 'labels.json', 'model.onnx', 'preprocessing.json']);
  });
});

describe('rootstock explain', () => {
  it('says what was explained of which example, and saves the pictures', async () => {
    const explained = await rootstock(['explain', given.finishedJob, given.dataset, '--methods', 'occlusion', 'nearest_examples', '--examples', '3', '-o', 'explained']);
    expect(explained).toMatchObject({ code: 0 });
    expect(explained.stdout).toMatch(/^EXAMPLE +TRUE +PREDICTED +LOSS +EXPLAINED +NEAREST *\n3 /m);
    expect((await readdir(join(folder, 'explained'))).sort()).toEqual(['example-3-occlusion.png', 'example-3.json']);
    expect((await rootstock(['explain', given.finishedJob, given.dataset, '--worst', 'many'])).code).toBe(2);
  });
});

describe('rootstock evaluate', () => {
  it('measures the model of a job, and holds another against it', async () => {
    const measured = await rootstock(['evaluate', given.finishedJob, given.dataset, '--against', given.finishedJob, '--slices', 'class', '--json']);
    expect(measured).toMatchObject({ code: 0, stderr: '' });
    const lines = linesOf(measured);
    expect(lines.at(-1)).toMatchObject({ object: 'evaluate_report', against: { verdict: 'cannot_tell' } });
    const { id } = lines.at(-2)!;
    const { stdout } = await rootstock(['jobs', 'report', id as string]);
    expect(stdout).toMatch(/^METRIC +VALUE .*\ntest_loss .*\ntest_accuracy .*\ncannot_tell: /);
    expect((await rootstock(['evaluate', given.finishedJob, given.dataset, '--part', 'half'])).code).toBe(1);
  });
});

describe('rootstock webhooks listen', () => {
  it('shows what comes, verified, passes it on as it came, and removes its endpoint in the end', async () => {
    const receiver = await Receiver.open();
    const child = start(['webhooks', 'listen', '--forward-to', receiver.url, '--events', 'job.cancelled', '--json'], { url: service.url });
    const end = ended(child);
    const [told] = (await once(createInterface(child.stderr), 'line')) as [string];
    const secret = /secret (\S+)$/.exec(told)![1]!;
    const { id } = await service.submit(pretrain(given.dataset, { training: { epochs: 10_000 } }));
    await service.post(`/v1/jobs/${id}/cancel`);
    await once(createInterface(child.stdout), 'line');
    child.kill('SIGINT');
    const { code, stdout } = await end;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'job.cancelled', data: { job: { id } }, forwarded: 204 });
    expect(receiver.payloads(secret)).toMatchObject([{ type: 'job.cancelled' }]);
    expect((await service.get('/v1/webhooks')).json<{ data: { name: string }[] }>().data.map(({ name }) => name)).not.toContain('rootstock webhooks listen');
  });
});

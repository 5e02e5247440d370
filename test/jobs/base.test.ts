// A checkpoint of one job as the base of another: found, proven, kept beside the new job, and trained from to the bit.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '#contract/checkpoint.js';
import type { Dataset } from '#contract/dataset.js';
import type { ResolvedBase } from '#contract/training-specs.js';
import { readCheckpoint, type NamedTensors } from '#engine/checkpoint.js';
import { readWeights } from '#models/bundle.js';
import { weightsDigest } from '#models/weights.js';
import type { AcceptedJob } from '#jobs/records.js';
import { ServiceError } from '#contract/errors.js';
import { stream } from '#engine/random.js';
import { toOwnScale } from '#engine/target-scale.js';
import { Retention } from '#jobs/retention.js';
import { attemptJob, type WorkerRooms } from '../../workers/train-attempt.js';
import type { Report } from '../../workers/protocol.js';
import { largestDifference } from '../support/networks.js';
import { bytesOf, npyBytes, zipOf } from '../support/numpy.js';
import type { PlanJob } from '../support/plan-job.js';
import { until } from '../support/until.js';
import { failingAfter, StoreGone } from '../support/failing-store.js';
import { expectProblem, pretrain } from '../support/requests.js';
import { held, TestApp } from '../support/app.js';
import { submitJob } from '#jobs/submit.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
let digits: Dataset;
let letters: Dataset;
let source: PlanJob;
beforeAll(async () => {
  app = await TestApp.open();
  digits = await app.generated();
  letters = await app.generated('glyph_letters');
  source = await trained(pretrain(digits.id, { model: { architecture: 'mlp', hidden: [128] }, training: { epochs: 300, seed: 7, validation_split: 0.2 } }));
}, 120_000);

/** Makes a job in one attempt, with a checkpoint whenever one may be written. */
async function trained(body: object, on = app): Promise<PlanJob> {
  const { id } = await on.submit(body);
  await attempt(id, on);
  return on.job(id);
}
async function attempt(id: string, on = app, more: Partial<WorkerRooms> = {}): Promise<void> {
  await on.rooms.queue.remove('train', id);
  await attemptJob(on.workerRooms({ checkpointSeconds: 0, ...more }), id, new AbortController().signal, held);
}
/** An attempt that its worker drains as soon as the child has told this, which leaves a checkpoint. */
async function leftOff(id: string, when: (report: Report) => boolean): Promise<void> {
  await app.rooms.queue.remove('train', id);
  const controller = new AbortController();
  const rooms = app.workerRooms({ checkpointSeconds: 0 });
  const children: WorkerRooms['children'] = {
    train: (task, supervision) => rooms.children.train(task, {
      ...supervision,
      onReport(report, makeRoom) {
        supervision.onReport(report, makeRoom);
        if (when(report)) controller.abort('closing');
      },
    }),
  };
  await expect(attemptJob({ ...rooms, children }, id, controller.signal, held)).rejects.toThrow();
}
const baselineBegins = (report: Report): boolean => report.kind === 'event' && report.type === 'run.started' && report.data.role === 'baseline';
const checkpointsOf = async (id: string): Promise<Checkpoint[]> => (await app.get(`/v1/jobs/${id}/checkpoints`)).json<{ data: Checkpoint[] }>().data;
const tuning = (checkpoint: string, job = source.id, more: Record<string, unknown> = {}) => ({
  type: 'fine_tune', dataset: letters.id, base_model: { job, checkpoint }, transfer: { kind: 'feature' }, training: { epochs: 2 }, ...more,
});
const baseOf = ({ spec }: PlanJob) => spec.base_model as Exclude<ResolvedBase, string>;
const saved = (job: PlanJob, name: string): Promise<NamedTensors> =>
  readCheckpoint(join(app.folder, 'jobs', job.id, 'checkpoints', name), { spec_digest: job.spec_digest, name }).then(({ tensors }) => tensors);
const weightsOf = ({ model, spec }: PlanJob) => readWeights(join(app.folder, 'models', model!), spec.architecture);
const bytes = (values: Float32Array | undefined) => Buffer.from(values!.buffer, values!.byteOffset, values!.byteLength).toString('hex');

describe('a job that starts from a checkpoint', () => {
  it('has in its spec which one, and the digest of the weights in it', async () => {
    const listed = await checkpointsOf(source.id);
    expect(listed.length).toBeGreaterThan(1);
    const best = listed.find((checkpoint) => checkpoint.best)!;
    for (const [asked, meant] of [['latest', listed[0]!], ['best', best], [listed[1]!.name, listed[1]!], [listed[1]!.id, listed[1]!]] as const) {
      const { spec } = await app.submit(tuning(asked));
      expect(spec).toMatchObject({
        base_model: { job: source.id, checkpoint: meant.name, step: meant.step, digest: meant.sha256 },
        base_weights_digest: weightsDigest(source.spec.architecture, await saved(source, meant.name)),
        head: 'replace',
      });
    }
  });

  it('starts from its very bits, twice to the same model, and tells of it in the model', async () => {
    const job = await trained(tuning('best'));
    expect(job).toMatchObject({ status: 'succeeded', attempt: 1 });
    const before = await saved(source, baseOf(job).checkpoint);
    const after = await weightsOf(job);
    // Feature transfer leaves the trunk as it was: what is in the model is what training began with.
    for (const path of ['dense_1/kernel', 'dense_1/bias']) expect(bytes(after.get(path))).toBe(bytes(before.get(path)));
    expect((await trained(tuning(baseOf(job).checkpoint))).weights_digest).toBe(job.weights_digest);
    expect((await app.get(`/v1/models/${job.model}`)).json()).toMatchObject({ base_model: job.spec.base_model });
  });

  it('differs from one that starts elsewhere: the whole network learns on from where the checkpoint is', async () => {
    const request = (checkpoint: string) => tuning(checkpoint, source.id, { dataset: digits.id, transfer: { kind: 'parameter' }, training: { epochs: 1, seed: 1 } });
    const [newest, other] = (await checkpointsOf(source.id)).map(({ name }) => name);
    const jobs = [await trained(request(newest!)), await trained(request(newest!)), await trained(request(other!))];
    expect(jobs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(jobs[0]!.spec.head).toBe('keep');
    const [first, again, elsewhere] = jobs.map(({ weights_digest: digest }) => digest);
    expect(again).toBe(first);
    expect(elsewhere).not.toBe(first);
  });

  it('stands by itself: the job it started from, its data set and its model may go', async () => {
    const data = await app.generated('glyph_digits', 240, 5);
    const first = await trained(pretrain(data.id, { training: { epochs: 10, seed: 1 } }));
    const whole = await trained(tuning('latest', first.id));
    const waiting = await app.submit(tuning('latest', first.id));
    for (const path of [`/v1/jobs/${first.id}`, `/v1/datasets/${data.id}`, `/v1/models/${first.model}`]) expect((await app.delete(path)).status).toBe(204);
    await attempt(waiting.id);
    expect(await app.job(waiting.id)).toMatchObject({ status: 'succeeded', weights_digest: whole.weights_digest });
    // With the job goes its copy.
    expect((await app.traces()).paths).toContain(`jobs/${waiting.id}/base-checkpoint.bin`);
    expect((await app.delete(`/v1/jobs/${waiting.id}`)).status).toBe(204);
    expect((await app.traces()).paths.filter((path) => path.includes(waiting.id))).toEqual([]);
  });

  it('may start from a job that was cancelled, and whose data set has gone', async () => {
    const data = await app.generated('glyph_digits', 240, 6);
    const { id } = await app.submit(pretrain(data.id, { training: { epochs: 10_000 } }));
    await leftOff(id, (report) => report.kind === 'checkpoint');
    const request = tuning('latest', id);
    expect((await app.submit(request)).spec.base_model).toMatchObject({ job: id }); // it waits for its next attempt
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect((await app.delete(`/v1/datasets/${data.id}`)).status).toBe(204);
    expect(await trained(request)).toMatchObject({ status: 'succeeded', spec: { base_model: { job: id } } });
  });

  it('may start from a job that is at work, which lets go of that checkpoint before the new one begins', async () => {
    const { id } = await app.submit(pretrain(digits.id, { training: { epochs: 10_000 } }));
    await app.rooms.queue.remove('train', id);
    const controller = new AbortController();
    const attempting = attemptJob(app.workerRooms({ checkpointSeconds: 0 }), id, controller.signal, held);
    const ended = attempting.then(() => 'ended', () => 'left off');
    await until('the job at work has a checkpoint', async () => (await checkpointsOf(id)).length > 0, 60_000);
    const job = await app.submit(tuning('latest', id));
    await until('the job at work let go of it', async () => (await checkpointsOf(id)).every(({ name }) => name !== baseOf(job).checkpoint), 60_000);
    await attempt(job.id);
    expect(await app.job(job.id)).toMatchObject({ status: 'succeeded', spec: { base_model: { job: id } } });
    expect(await app.job(id)).toMatchObject({ status: 'running' });
    controller.abort('closing');
    expect(await ended).toBe('left off');
  });

  it('may start from a job that failed', async () => {
    const { id } = await app.submit(pretrain(digits.id, { training: { epochs: 20, seed: 4 } }));
    const failing: WorkerRooms['children'] = {
      async train(task, supervision) {
        await app.workerRooms().children.train(task, supervision);
        return { class: 'service_error', error: ServiceError.of('CHILD_FAILED', 'as the test has it').toRecord() };
      },
    };
    await attempt(id, app, { children: failing });
    expect(await app.job(id)).toMatchObject({ status: 'failed', model: null });
    expect(await trained(tuning('latest', id))).toMatchObject({ status: 'succeeded', spec: { base_model: { job: id } } });
  });

  it('is as good when retention removes all checkpoints of the job it started from', async () => {
    const other = await TestApp.open();
    const data = await other.generated();
    const first = await trained(pretrain(data.id, { training: { epochs: 10, seed: 1 } }), other);
    const request = tuning('latest', first.id, { dataset: data.id });
    const whole = await trained(request, other);
    const waiting = await other.submit(request);
    const none = { days: null, count: null, bytes: 0 };
    const swept = await new Retention(other.rooms.store, { jobs: { ...none, bytes: null }, checkpoints: none }).sweep(new AbortController().signal, Date.now() + 864_000_000);
    expect(swept).toMatchObject({ checkpoints: { count: 2 }, failed: [] });
    expectProblem(await other.post('/v1/jobs', request), 409, 'NO_CHECKPOINT', ['/base_model/job']);
    await attempt(waiting.id, other);
    expect(await other.job(waiting.id)).toMatchObject({ status: 'succeeded', weights_digest: whole.weights_digest });
  });

  it('takes the main run of a checkpoint that a baseline wrote', async () => {
    const { id } = await app.submit({ ...tuning('latest'), training: { epochs: 300 }, baseline: { scratch: true } });
    await leftOff(id, baselineBegins);
    expect((await checkpointsOf(id))[0]).toMatchObject({ run: 'baseline' });
    const { spec } = await app.submit(tuning('latest', id));
    await attempt(id);
    const compared = await app.job(id);
    expect(spec).toMatchObject({ base_model: { step: compared.runs[0]!.steps }, base_weights_digest: compared.weights_digest });
  });

  it('creates nothing where only asked what it would take, and one job for one Idempotency-Key', async () => {
    const before = await app.traces();
    const estimate = await app.post('/v1/jobs?dry_run=true', tuning('best'));
    expect(estimate.json()).toMatchObject({ object: 'job_estimate', spec: { base_model: { job: source.id } } });
    expect(await app.traces()).toEqual(before);

    const headers = { 'content-type': 'application/json', 'idempotency-key': 'base-1' };
    const sent = () => fetch(`${app.url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(tuning('best')) }).then((answer) => answer.json() as Promise<PlanJob>);
    const answers = await Promise.all([sent(), sent(), sent()]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  });

  it('is made once more by retry, also when all it started from has gone', async () => {
    const first = await trained(pretrain(digits.id, { training: { epochs: 10, seed: 2 } }));
    const { id } = await app.submit(tuning('latest', first.id));
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect((await app.delete(`/v1/jobs/${first.id}`)).status).toBe(204);
    const again = (await app.post(`/v1/jobs/${id}/retry`, {})).json<PlanJob>();
    expect((await app.delete(`/v1/jobs/${id}`)).status).toBe(204);
    await attempt(again.id);
    expect(await app.job(again.id)).toMatchObject({ status: 'succeeded', retry_of: id, spec: { base_model: { job: first.id } } });
  });

  it('is accepted with what it starts from, or not at all, wherever the store stops', async () => {
    for (let changes = 0; ; changes += 1) {
      const ids = { job: `job_${String(changes).padStart(32, '0')}`, model: `mdl_${String(changes).padStart(32, '0')}` };
      const submitting = submitJob({ ...app.rooms, store: failingAfter(app.rooms.store, changes) }, tuning('latest') as never, ids);
      const failed = await submitting.then(() => false, (problem: unknown) => problem instanceof StoreGone);
      const there = await app.rooms.store.list(`jobs/${ids.job}`);
      if (there.includes('job.json')) expect(there).toContain('base-checkpoint.bin');
      else expect(there).toEqual([]);
      for (const name of await app.rooms.store.listStaged()) await app.rooms.store.discard((await app.rooms.store.staged(name))!);
      if (!failed) {
        expect(there).toContain('job.json');
        expect(changes).toBeGreaterThan(4);
        return;
      }
    }
  });
});

describe('a job that starts from a checkpoint of a regression', () => {
  /** Two inputs and so many times their sum, and more: the scale of training differs from one to the other. */
  const linear = async (times: number, more: number): Promise<Dataset> => {
    const part = (name: string, count: number) => {
      const draws = stream(times, `test/base/${name}`);
      const x = Float32Array.from({ length: 2 * count }, () => draws.below(2000) / 1000 - 1);
      const y = Float32Array.from({ length: count }, (_, at) => times * (x[2 * at]! + x[2 * at + 1]!) + more);
      return [{ name: `x_${name}.npy`, bytes: npyBytes('<f4', [count, 2], bytesOf(x)) }, { name: `y_${name}.npy`, bytes: npyBytes('<f4', [count], bytesOf(y)) }];
    };
    return app.uploaded([{ name: 'data.npz', bytes: zipOf([...part('train', 200), ...part('test', 50)]) }]);
  };
  const model = { layers: [{ class_name: 'Dense', config: { units: 4, activation: 'relu' } }, { class_name: 'Dense', config: { units: 1, activation: 'linear' } }] };
  /** Trains on by next to nothing, as far as targets are alike: what comes out is what it began with. */
  const hardly = (job: string, dataset: string, more = {}) => ({
    type: 'fine_tune', dataset, base_model: { job, checkpoint: 'latest' }, transfer: { kind: 'parameter' },
    training: { epochs: 1, optimizer: { name: 'sgd', learning_rate: 1e-8 } }, ...more,
  });

  it('begins with the function that it had then, in the unit of its target', async () => {
    const [prices, others] = [await linear(30_000, 250_000), await linear(20_000, 240_000)];
    const first = await trained(pretrain(prices.id, { model, training: { epochs: 300, seed: 1 } }));
    expect(first).toMatchObject({ status: 'succeeded', spec: { target: { names: prices.content!.target!.names } } });
    const output = first.spec.architecture.layers.at(-1)!.name;

    for (const dataset of [prices.id, others.id]) {
      const job = await trained(hardly(first.id, dataset));
      expect(job).toMatchObject({ status: 'succeeded', spec: { head: 'keep' } });
      const then = toOwnScale(await saved(first, baseOf(job).checkpoint), output, first.spec.target!.scale!);
      expect(job.spec.base_weights_digest).toBe(weightsDigest(first.spec.architecture, then));
      const now = await weightsOf(job);
      for (const [path, values] of now) {
        const size = Math.max(...then.get(path)!.map(Math.abs));
        expect(largestDifference(values, then.get(path)!) / size).toBeLessThan(1e-5);
      }
    }
  });

  it('takes what a finished run has in its own unit already as it is', async () => {
    const prices = await linear(30_000, 250_000);
    const first = await trained(pretrain(prices.id, { model, training: { epochs: 20, seed: 1 } }));
    const { id } = await app.submit(hardly(first.id, prices.id, { training: { epochs: 300, seed: 1 }, baseline: { scratch: true } }));
    await leftOff(id, baselineBegins);
    expect((await checkpointsOf(id))[0]).toMatchObject({ run: 'baseline' });
    const { spec } = await app.submit(hardly(id, prices.id));
    await attempt(id);
    expect((await app.job(id)).weights_digest).toBe(spec.base_weights_digest);
  });

  it('has a fresh head where it learns classes', async () => {
    const prices = await linear(30_000, 250_000);
    const first = await trained(pretrain(prices.id, { model, training: { epochs: 20, seed: 1 } }));
    const part = (name: string, count: number) => [
      { name: `x_${name}.npy`, bytes: npyBytes('<f4', [count, 2], bytesOf(Float32Array.from({ length: 2 * count }, (_, at) => at % 2))) },
      { name: `y_${name}.npy`, bytes: npyBytes('|u1', [count], Uint8Array.from({ length: count }, (_, at) => at % 2)) },
    ];
    const classes = await app.uploaded([{ name: 'data.npz', bytes: zipOf([...part('train', 80), ...part('test', 20)]) }]);
    const job = await trained(hardly(first.id, classes.id));
    expect(job).toMatchObject({ status: 'succeeded', spec: { head: 'replace' } });
  });
});

describe('a checkpoint that cannot be started from', () => {
  const refused = async (body: object, status: number, code: string, pointer: string) => {
    const before = await app.traces();
    const { detail } = expectProblem(await app.post('/v1/jobs', body), status, code, [pointer]);
    expect(await app.traces()).toEqual(before);
    return detail;
  };

  it('of a job that is not there is refused', async () => {
    for (const job of [`job_${'0'.repeat(32)}`, '../jobs', digits.id]) await refused(tuning('latest', job), 422, 'JOB_UNKNOWN', '/base_model/job');
  });

  it('that is not there is refused, and the answer names those that are', async () => {
    const names = (await checkpointsOf(source.id)).map(({ name }) => name);
    for (const name of ['000009-000001', '../..', 'constructor', '']) {
      const detail = await refused(tuning(name), 422, 'CHECKPOINT_UNKNOWN', '/base_model/checkpoint');
      expect(detail).toContain(['latest', 'best', ...names].join(', '));
    }
    const { id } = await trained(pretrain(digits.id, { training: { epochs: 10 } }));
    expect(await refused(tuning('best', id), 422, 'CHECKPOINT_UNKNOWN', '/base_model/checkpoint')).not.toContain('latest, best');
  });

  it('of a job that has none is refused', async () => {
    const { id } = await app.submit(pretrain(digits.id));
    expect(await refused(tuning('latest', id), 409, 'NO_CHECKPOINT', '/base_model/job')).toContain('queued');
  });

  it.each([
    ['job alone', { job: 'job_1' }, '/base_model/checkpoint'],
    ['field more', { job: 'job_1', checkpoint: 'best', step: 1 }, '/base_model/step'],
    ['number', 7, '/base_model'],
    ['job that is no text', { job: 7, checkpoint: 'best' }, '/base_model/job'],
  ])('is refused where it is a %s', async (_what, base, pointer) => {
    const answer = await app.post('/v1/jobs', { ...tuning('best'), base_model: base });
    expect({ status: answer.status, pointers: answer.json<{ errors: { pointer: string }[] }>().errors.map((error) => error.pointer) }).toEqual({ status: 422, pointers: [pointer] });
  });

  it('that is damaged is refused, and one damaged later is never trained from', async () => {
    const first = await trained(pretrain(digits.id, { training: { epochs: 10, seed: 3 } }));
    const { id } = await app.submit(tuning('latest', first.id));
    const [{ name }] = (await checkpointsOf(first.id)) as [Checkpoint];
    // The file of the one is the file of the other.
    const file = join(app.folder, 'jobs', first.id, 'checkpoints', name, 'checkpoint.bin');
    const damaged = await readFile(file);
    damaged[damaged.length - 100]! ^= 1;
    await writeFile(file, damaged);
    expect(await refused(tuning('latest', first.id), 422, 'BASE_CORRUPT', '/base_model/checkpoint')).toContain(`Checkpoint ${name} cannot be used: its digest differs.`);
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'CHECKPOINT_CORRUPT' } });
  });

  it('of an earlier version whose data set has gone is refused, since nobody knows how its inputs were prepared', async () => {
    const data = await app.generated('glyph_digits', 240, 8);
    const { id, model } = await trained(pretrain(data.id, { training: { epochs: 10 } }));
    const record = JSON.parse(String(await app.rooms.store.get(`jobs/${id}/job.json`))) as { schema_version: number; value: AcceptedJob };
    const spec = { ...record.value.spec, preprocessing: undefined };
    await app.rooms.store.put(`jobs/${id}/job.json`, JSON.stringify({ ...record, schema_version: 4, value: { ...record.value, spec } }));
    expect((await app.submit(tuning('latest', id))).spec.base_model).toMatchObject({ job: id });
    for (const path of [`/v1/datasets/${data.id}`, `/v1/models/${model}`]) await app.delete(path);
    await refused(tuning('latest', id), 422, 'DATASET_UNKNOWN', '/base_model/job');
  });
});

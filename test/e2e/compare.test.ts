// The real service with several plans in one job: each trained as it would be alone, whatever happens meanwhile.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompareReport } from '#contract/compare-report.js';
import type { Job } from '#contract/job.js';
import { curveOf, expectSoundLog, hasCheckpoints } from '../support/lasting-job.js';
import { fineTune, pretrain } from '../support/requests.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const SETTINGS = { LOCK_SECONDS: '6', STALL_CHECK_SECONDS: '1', RETRY_SECONDS: '0', CHECKPOINT_SECONDS: '0.1' };
/** Long enough to be interrupted. */
const SCRATCH_STEPS = 1_500;
const STEPS = 60;
const LONG = { epochs: 200, budget: { steps: SCRATCH_STEPS } };
const SHORT = { epochs: 100, budget: { steps: STEPS } };
const FEATURE = { kind: 'feature', head: [{ class_name: 'Dense', config: { units: 16 } }] };
const HEAD = { kind: 'parameter', stages: [{ trainable: 'head' }] };
const SCRATCH = { kind: 'structure', inherit: 'none' };
let service: Service;
let letters: string;
let base: string;
let asked: Record<string, unknown>;
let whole: Job;

beforeAll(async () => {
  service = await Service.start(SETTINGS);
  const digits = (await service.generated('glyph_digits', 600)).id;
  letters = (await service.generated('glyph_letters', 400)).id;
  base = (await service.succeeds(pretrain(digits, { model: { architecture: 'mlp', hidden: [256] } }))).model!;
  asked = {
    type: 'compare', dataset: letters, base_model: base, seed: 7, seeds: 2,
    candidates: [
      { name: 'scratch', transfer: SCRATCH, training: LONG },
      { name: 'features', transfer: FEATURE, training: { ...SHORT, validation_split: 0.2 } },
      { name: 'head', transfer: HEAD, training: SHORT },
    ],
  };
  whole = await service.succeeds(asked);
}, 60_000);

const RUNS = ['scratch.1', 'features.1', 'head.1', 'scratch.2', 'features.2', 'head.2'];
const ALL_STEPS = 2 * (SCRATCH_STEPS + 2 * STEPS);
const reportOf = async (id: string): Promise<CompareReport> => (await service.get(`/v1/jobs/${id}/report`)).json<CompareReport>();
/** Without what no two runs have in common. */
const bare = (report: CompareReport): string => JSON.stringify(report, (key, value: unknown) => (key === 'seconds' || key === 'job' ? undefined : value));
const act = async (id: string, action: string): Promise<Job> => (await service.post(`/v1/jobs/${id}/${action}`)).json<Job>();

describe('a comparison', () => {
  it('makes every run of every candidate, seed by seed, and one report', async () => {
    expect(whole).toMatchObject({ type: 'compare', model: null, weights_digest: null, stop_reason: 'completed', metrics: {}, progress: { step: ALL_STEPS, steps: ALL_STEPS, percent: 100 } });
    expect(whole.runs.map(({ run, role, candidate, seed, steps }) => ({ run, role, candidate, seed, steps }))).toEqual(
      RUNS.map((run, at) => ({ run, role: 'candidate', candidate: run.split('.')[0], seed: at < 3 ? 7 : 8, steps: run.startsWith('scratch') ? SCRATCH_STEPS : STEPS })),
    );
    const report = await reportOf(whole.id);
    expect(report).toMatchObject({ object: 'compare_report', job: whole.id, dataset: letters, metric: 'test_accuracy', chosen_by: 'test_accuracy', seeds: [7, 8] });
    for (const { name, base_model: from, seeds, mean, to_best: against } of report.candidates) {
      expect(seeds.map(({ metrics, weights_digest: digest }) => ({ metrics, digest }))).toEqual(
        whole.runs.filter(({ candidate }) => candidate === name).map(({ metrics, weights_digest: digest }) => ({ metrics, digest })),
      );
      expect(from).toBe(base);
      expect(mean).toBeCloseTo((seeds[0]!.metrics.test_accuracy! + seeds[1]!.metrics.test_accuracy!) / 2, 12);
      expect(against === null).toBe(name === report.best);
      if (against) expect(against.difference).toBeLessThanOrEqual(0);
    }
    await expectSoundLog(service, whole);
    const page = await service.get(`/v1/jobs/${whole.id}/report`, { accept: 'text/html' });
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.text).toContain(`Best: ${report.best}`);
  });

  it('trains each as a job of its plan alone does, by the same seed', async () => {
    for (const [name, transfer, training] of [['features', FEATURE, { ...SHORT, validation_split: 0.2 }], ['scratch', SCRATCH, LONG]] as const) {
      const run = whole.runs.find(({ run: each }) => each === `${name}.2`)!;
      const alone = await service.succeeds(fineTune(letters, base, transfer, { training: { ...training, seed: 8 } }));
      expect(alone.threads).toBe(whole.threads);
      expect({ weights: run.weights_digest, metrics: run.metrics }).toEqual({ weights: alone.weights_digest, metrics: alone.metrics });
    }
  });

  it('computes what candidates have in common once', async () => {
    const told = (await service.events(whole.id)).flatMap((event) => (event.type === 'run.features_ready' ? [event.data] : []));
    expect(told.map(({ run, layer, cache: { hit } }) => ({ run, layer, hit }))).toEqual([
      { run: 'features.1', layer: 'dense_1', hit: false }, ...['head.1', 'features.2', 'head.2'].map((run) => ({ run, layer: 'dense_1', hit: true })),
    ]);
  });

  it('goes on from a pause and a new service in its first run, and a kill in its fourth, to the same report', async () => {
    const { id } = await service.submit(asked);
    const isKept = (run: string) => hasCheckpoints(service, id, 1, (told) => told.run === run);
    await isKept('scratch.1');
    await act(id, 'pause');
    await service.told(id, 'it is paused', ({ type }) => type === 'job.paused');
    await until('it shows', async () => (await service.job(id)).status === 'paused');
    const { dataFolder } = service;
    await service.stop();
    service = await Service.start({ ...SETTINGS, DATA_DIR: dataFolder });
    await act(id, 'resume');
    await isKept('scratch.2');
    process.kill((await service.trainingChild()).pid, 'SIGKILL');

    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 3 });
    expect(bare(await reportOf(id))).toBe(bare(await reportOf(whole.id)));
    expect(await curveOf(service, id)).toEqual(await curveOf(service, whole.id));
    const resumed = (await service.events(id)).flatMap((event) => (event.type === 'job.resumed' ? [event.data] : []));
    expect(resumed.map(({ run, bit_comparable: comparable }) => ({ run, comparable }))).toEqual(['scratch.1', 'scratch.2'].map((run) => ({ run, comparable: true })));
    await expectSoundLog(service, ended);
  });

  it('that is stopped has the runs that ended, and compares those of one seed', async () => {
    const { id } = await service.submit(asked);
    await service.told(id, 'the fourth run trains', (event) => event.type === 'run.started' && event.data.run === 'scratch.2');
    await act(id, 'stop');
    const ended = await service.ended(id);
    expect(ended).toMatchObject({ status: 'succeeded', stop_reason: 'user_stop', model: null });
    const report = await reportOf(id);
    expect(ended.runs.map(({ run }) => run)).toEqual(RUNS.slice(0, 3));
    expect(report.candidates).toMatchObject(['scratch', 'features', 'head'].map((name) => ({ name, seeds: [{ run: `${name}.1`, seed: 7 }], interval: null })));
    const held = report.candidates.filter(({ name }) => name !== report.best);
    expect(held.map(({ to_best: against }) => against)).toMatchObject(held.map(() => ({ seeds: 1, interval: null, corrected: null, verdict: 'cannot_tell' })));
    await expectSoundLog(service, ended);
  });

  it('that is cancelled leaves no result', async () => {
    const { id } = await service.submit(asked);
    await service.isTraining(id);
    expect(['cancelling', 'cancelled']).toContain((await act(id, 'cancel')).status);
    expect(await service.ended(id)).toMatchObject({ status: 'cancelled' });
    const store = join(service.dataFolder, 'store');
    expect(await readdir(join(store, 'jobs', id))).not.toContain('result');
    expect(await readdir(join(store, 'staging')).catch(() => [])).toEqual([]);
    expect((await service.get(`/v1/jobs/${id}/report`)).status).toBe(409);
  });
});

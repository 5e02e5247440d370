// What a job would take: nothing made by asking, and where each number comes from.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { JobEstimate } from '#contract/estimate.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { TestApp } from '../support/app.js';
import type { PlanJob } from '../support/plan-job.js';
import { expectProblem, fineTune, pretrain } from '../support/requests.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

async function estimate(body: object): Promise<JobEstimate> {
  const answer = await app.post('/v1/jobs?dry_run=true', body);
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return answer.json<JobEstimate>();
}
/** The one job that has succeeded. */
async function measuredJob(): Promise<PlanJob> {
  const [row] = (await app.get('/v1/jobs?status=succeeded')).json<{ data: { id: string }[] }>().data;
  return app.job(row!.id);
}
const inOrder = ({ low, expected, high }: JobEstimate['seconds']): boolean => 0 <= low && low <= expected && expected <= high;

describe('POST /v1/jobs?dry_run=true', () => {
  it('goes by arithmetic where nothing was measured, by other jobs, then by like ones, and says so', async () => {
    const asked = pretrain(dataset, { training: { epochs: 3 } });
    const before = await estimate(asked);
    expect(before).toMatchObject({ object: 'job_estimate', runs: [{ run: 'main', role: 'main', seed: 1, basis: 'arithmetic', measured: 0 }] });

    await app.model(dataset);
    const alike = await estimate(asked);
    expect(alike.runs).toMatchObject([{ basis: 'like_jobs', measured: 1 }]);
    const unlike = await estimate(pretrain(dataset, { model: { architecture: 'mlp', hidden: [64] } }));
    expect(unlike.runs).toMatchObject([{ basis: 'other_jobs', measured: 1 }]);
    for (const each of [before, alike, unlike]) expect([inOrder(each.seconds), ...each.runs.map(({ seconds }) => inOrder(seconds))]).not.toContain(false);

    // The time of a run is its examples by the rate that was measured.
    const { runs } = await measuredJob();
    const expected = (3 * (alike.spec as ResolvedSpec).training.train_examples) / runs[0]!.examples_per_second;
    expect(alike.runs[0]!.seconds.expected).toBeCloseTo(expected, 1);
  });

  it('answers the spec that the job would have, its steps, and each of its runs', async () => {
    const { id: base } = await app.model(dataset);
    const asked = fineTune(dataset, base, { kind: 'feature' }, { baseline: { scratch: true } });
    const told = await estimate(asked);
    const job = await app.submit(asked);
    expect(told.spec).toEqual(job.spec);
    expect(told.runs.map(({ run }) => run)).toEqual(['main', 'baseline']);
    expect(told.steps).toBe(2 * job.spec.stages.reduce((sum, { steps }) => sum + steps, 0));
    expect(told.memory_bytes).toBeGreaterThan(2 ** 28);
    await app.post(`/v1/jobs/${job.id}/cancel`, {});
  });

  it('counts no more steps and time than the budget has', async () => {
    const training = { epochs: 50, batch_size: 20 };
    const told = async (budget: object) => estimate(pretrain(dataset, { training: { ...training, validation_split: 0.1, budget } }));
    const whole = await estimate(pretrain(dataset, { training: { ...training, validation_split: 0.1 } }));
    const steps = await told({ steps: 45 });
    expect(steps).toMatchObject({ steps: 45, runs: [{ steps: 45 }], spec: { training: { budget: { steps: 45, seconds: null, until: null } } } });
    expect(steps.runs[0]!.seconds.expected).toBeCloseTo((whole.runs[0]!.seconds.expected * 45) / whole.steps, 2);

    // Before a model is made: each run of this machine moves the rates that estimates go by.
    const until = await told({ until: { metric: 'val_loss', at_most: 0.1 } });
    expect(until.steps).toBe(whole.steps);
    expect(until.runs[0]!.seconds).toMatchObject({ expected: whole.runs[0]!.seconds.expected, high: whole.runs[0]!.seconds.high });
    // One epoch may do; how fast those are is measured, in a range.
    expect(until.runs[0]!.seconds.low).toBeLessThan(whole.runs[0]!.seconds.low / 25);

    const base = (await app.model(dataset)).id;
    const seconds = await estimate(fineTune(dataset, base, { kind: 'parameter' }, { baseline: { scratch: true }, training: { epochs: 10_000, budget: { seconds: 2 } } }));
    const [main, baseline] = seconds.runs;
    expect(main!.seconds).toMatchObject({ expected: 2, high: 2 });
    expect(baseline!.seconds.expected).toBeLessThan(20);
    expect(inOrder(baseline!.seconds)).toBe(true);
  });

  it('makes nothing, and needs neither queue nor worker', async () => {
    const before = await app.traces();
    await estimate(pretrain(dataset));
    expect(await app.traces()).toEqual(before);
  });

  it('refuses what submitting would refuse, and a value that is neither true nor false', async () => {
    expectProblem(await app.post('/v1/jobs?dry_run=true', pretrain('ds_none')), 422, 'DATASET_UNKNOWN', ['/dataset']);
    expectProblem(await app.post('/v1/jobs?dry_run=true', {}), 422, 'MISSING_FIELD', ['/type']);
    expectProblem(await app.post('/v1/jobs?dry_run=maybe', pretrain(dataset)), 422, 'INVALID_VALUE', ['/dry_run']);
  });
});

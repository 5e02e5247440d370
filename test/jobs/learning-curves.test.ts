// Learning curves: of the last attempt, narrowed, thinned without losing a peak, and as tables.
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import type { MetricPoint } from '#contract/run.js';
import { curvesAsCsv, curvesAsLines, readCurves, thinned } from '#jobs/learning-curves.js';
import { getStoredJob } from '#jobs/query.js';
import { TestApp } from '../support/app.js';
import { expectProblem, pretrain } from '../support/requests.js';

const point = (step: number, values: Record<string, number>, run = 'main'): MetricPoint => ({ run, role: 'main', stage: 0, epoch: 1, step, values });
const curve = fc
  .array(fc.record({ loss: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }), accuracy: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), run: fc.constantFrom('main', 'scratch.1') }), { maxLength: 200 })
  .map((rows) => rows.map(({ run, ...values }, at) => point(at + 1, Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, number>, run)));
const seriesOf = (points: readonly MetricPoint[], run: string, name: string) => points.filter((each) => each.run === run && name in each.values).map(({ step, values }) => ({ step, value: values[name]! }));

describe('thinned', () => {
  it('keeps of every metric of every run at most so many points, among them the first, the last, the least and the greatest', () => {
    fc.assert(fc.property(curve, fc.integer({ min: 2, max: 40 }), (points, most) => {
      const kept = thinned(points, most);
      for (const run of ['main', 'scratch.1']) for (const name of ['loss', 'accuracy']) {
        const [before, after] = [seriesOf(points, run, name), seriesOf(kept, run, name)];
        expect(after.length).toBeLessThanOrEqual(most);
        expect([after[0], after.at(-1)]).toEqual([before[0], before.at(-1)]);
        const steps = after.map(({ step }) => step);
        expect(steps).toEqual([...steps].sort((one, other) => one - other));
        for (const each of after) expect(before).toContainEqual(each);
        if (most >= 4 && before.length > 0) for (const farthest of [Math.min, Math.max]) {
          expect(farthest(...after.map(({ value }) => value))).toBe(farthest(...before.map(({ value }) => value)));
        }
      }
    }));
  });

  it('leaves a curve as it is that has no more points than that', () => {
    fc.assert(fc.property(curve, (points) => expect(thinned(points, 200)).toEqual(points.filter(({ values }) => Object.keys(values).length > 0))));
  });

  it('shows a peak of one step among ten thousand', () => {
    const points = Array.from({ length: 10_000 }, (_, at) => point(at + 1, { loss: at === 7_321 ? 99 : 1 / (at + 1) }));
    const kept = thinned(points, 100);
    expect(kept.length).toBeLessThanOrEqual(100);
    expect(kept).toContainEqual(points[7_321]);
  });
});

describe('as a table', () => {
  const points = [point(1, { loss: 1.5, accuracy: 0.25 }), point(2, { epoch_loss: -1e-7 }, 'scratch.1')];

  it('has a line for each point and a column for each metric there is', () => {
    expect(parse(curvesAsCsv(points), { columns: true, record_delimiter: '\r\n' })).toEqual([
      { run: 'main', role: 'main', stage: '0', epoch: '1', step: '1', loss: '1.5', accuracy: '0.25', epoch_loss: '' },
      { run: 'scratch.1', role: 'main', stage: '0', epoch: '1', step: '2', loss: '', accuracy: '', epoch_loss: '-1e-7' },
    ]);
    expect(curvesAsCsv([])).toBe('run,role,stage,epoch,step\r\n');
  });

  it('is read back as it was, line by line', () => {
    expect(curvesAsLines(points).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(points);
    expect(curvesAsLines([])).toBe('');
  });
});

describe('GET /v1/jobs/{id}/metrics', () => {
  let app: TestApp;
  let dataset: string;
  let path: string;
  let all: MetricPoint[];
  beforeAll(async () => {
    app = await TestApp.open();
    dataset = (await app.generated()).id;
    const { job } = await app.model(dataset, { training: { epochs: 8, validation_split: 0.2 } });
    path = `/v1/jobs/${job.id}/metrics`;
    all = await readCurves(app.rooms.store, await getStoredJob(app.rooms.store, job.id));
  });

  it('gives the curves of the last attempt, and leaves out a line that is still being written', async () => {
    expect(all.length).toBeGreaterThan(0);
    expect(all.at(-1)).toMatchObject({ run: 'main', role: 'main', epoch: 8 });
    await app.rooms.store.append(`jobs/${path.split('/')[3]}/attempts/1/metrics.jsonl`, '{"run":"ma');
    expect((await app.get(path)).json()).toEqual({ object: 'metrics', data: all });
  });

  it('gives none before the first attempt', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect((await app.get(`/v1/jobs/${id}/metrics`)).json()).toEqual({ object: 'metrics', data: [] });
  });

  it('gives the metrics and the run that are asked for', async () => {
    const { data } = (await app.get(`${path}?name=loss,val_accuracy&run=main`)).json<{ data: MetricPoint[] }>();
    expect(new Set(data.flatMap(({ values }) => Object.keys(values)))).toEqual(new Set(['loss', 'val_accuracy']));
    expect((await app.get(`${path}?run=scratch.1`)).json()).toEqual({ object: 'metrics', data: [] });
    const thin = (await app.get(`${path}?name=val_loss&points=2`)).json<{ data: MetricPoint[] }>().data;
    expect(thin.map(({ epoch }) => epoch)).toEqual([1, 8]);
  });

  it.each([['text/csv', curvesAsCsv], ['application/x-ndjson', curvesAsLines]] as const)('gives them as %s', async (accept, write) => {
    const answer = await app.get(path, { accept });
    expect(answer.headers['content-type']).toMatch(new RegExp(`^${accept}`));
    expect(answer.text).toBe(write(all));
    expect((await app.get(path, { accept, 'if-none-match': String(answer.headers.etag) })).status).toBe(304);
  });

  it.each([['points=1', 'points'], ['points=1e9', 'points'], ['name=', 'name'], ['name=a,,b', 'name'], ['name=../x', 'name']])('refuses ?%s', async (query, name) => {
    expectProblem(await app.get(`${path}?${query}`), 422, 'INVALID_VALUE', [`/${name}`]);
  });
});

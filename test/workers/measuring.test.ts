// An evaluation, an explanation and an export in this very process: what they tell on their way, and that they leave no tensor behind, wherever they leave off.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { EXPORT_FORMATS, type ExportFormat } from '#contract/export-format.js';
import type { Progress } from '#contract/job.js';
import type { ExportSpec } from '#contract/untrained-specs.js';
import { loadTensorFlow } from '#engine/native.js';
import { Paused } from '#engine/watch-run.js';
import { getStoredJob } from '#jobs/query.js';
import { packedFolder } from '#datasets/registry.js';
import type { Worker } from '../../workers/child.js';
import { evaluateModel } from '../../workers/evaluate-model.js';
import { explainModel } from '../../workers/explain-model.js';
import { exportModel } from '../../workers/export-model.js';
import type { TrainTask } from '../../workers/protocol.js';
import { measuredBy } from '../../workers/train-base.js';
import { TestApp } from '../support/app.js';
import { temporaryFolder } from '../support/store.js';
import { file } from '../support/tables.js';

jest.setTimeout(240_000);

const { tf } = loadTensorFlow();

// What a child says to its worker's log.
jest.spyOn(process.stderr, 'write').mockReturnValue(true);

let app: TestApp;
let digits: string;
let model: string;
let other: string;
let rows: string;
let ofRows: string;
beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits', 600)).id;
  model = (await app.model(digits)).id;
  rows = (await app.uploaded(file(['a,b,class', ...Array.from({ length: 60 }, (_, at) => `${at % 7},${at % 5},${at % 2 === 0 ? 'x' : 'y'}`)].join('\n')), [['table', JSON.stringify({ target: 'class' })]])).id;
  ofRows = (await app.model(rows, { model: { architecture: 'mlp', hidden: [4] } })).id;
  other = (await app.model(digits, { model: { architecture: 'cnn', filters: [4], hidden: [8] } })).id;
});

interface Told {
  progress: (Progress | null)[];
  /** Files where the result is made. */
  files: string[];
}

/** Makes the job here. @param leavesOffAt asked to cancel once it has told so often */
async function made(body: object, leavesOffAt = Infinity): Promise<Told> {
  const { store } = app.rooms;
  const { id } = await app.submit(body);
  await app.rooms.queue.remove('train', id);
  const { job } = await getStoredJob(store, id);
  const [outFolder, predictionsFolder] = [await temporaryFolder(), await temporaryFolder()];
  const progress: Told['progress'] = [];
  const worker: Worker = { tell: (report) => report.kind === 'measured' && void progress.push(report.progress), asked: () => (progress.length >= leavesOffAt ? 'cancel' : undefined) };
  const task: TrainTask = {
    task: 'train', job, datasetFolder: job.spec.dataset === null ? null : await packedFolder(store, job.spec.dataset), plans: [], measured: await measuredBy(store, job), outFolder, predictionsFolder,
    attempt: 1, checkpoints: [], mayStartOver: true, checkpointFolder: '', checkpointSeconds: 60, features: { folder: '', mostBytes: 0 }, spent: { earlierMs: 0, sinceMs: 0 },
  };
  const { spec } = job;
  const work = spec.type === 'evaluate' ? evaluateModel(task, spec, worker) : spec.type === 'explain' ? explainModel(task, spec, worker) : exportModel(task, spec as ExportSpec, worker);
  if (leavesOffAt < Infinity) await expect(work).rejects.toThrow(Paused);
  else await work;
  return { progress, files: await readdir(outFolder) };
}

const WORK: [string, () => object][] = [
  ['an evaluation', () => ({ type: 'evaluate', model, dataset: digits, part: 'all', resamples: 1_000 })],
  ['an evaluation beside another model, with slices', () => ({ type: 'evaluate', model, against: other, dataset: digits, slices: ['class'], resamples: 1_000 })],
  ['an explanation of pictures', () => ({ type: 'explain', model: other, dataset: digits, worst: 2 })],
  ['an explanation of a table', () => ({ type: 'explain', model: ofRows, dataset: rows, worst: 1, permutation_importance: { repeats: 2 } })],
  ...EXPORT_FORMATS.map((format: ExportFormat): [string, () => object] => [`an export to ${format}`, () => ({ type: 'export', model: other, format })]),
  ['a quantised export', () => ({ type: 'export', model: other, format: 'tfjs_layers', quantize: { dtype: 'uint8' }, dataset: digits })],
];

describe.each(WORK)('%s', (_what, body) => {
  it('tells how far it is, from nothing to all of its examples, and leaves no tensor', async () => {
    await made(body()); // what is made once stays
    const before = tf.memory().numTensors;
    const { progress, files } = await made(body());
    expect(tf.memory().numTensors).toBe(before);
    expect(files).toContain('report.json');
    const told = progress.filter((each) => each !== null);
    expect(told.length).toBeGreaterThan(1);
    const { step, steps, percent } = told.at(-1)!;
    expect({ step, percent }).toEqual({ step: steps, percent: 100 });
    told.slice(1).forEach((now, at) => {
      const last = told[at]!;
      expect(now).toMatchObject({ run: null, stage: null, epoch: null, epochs: null, steps });
      expect({ step: now.step >= last.step, percent: now.percent >= last.percent, eta: now.eta_seconds! > 0 && now.eta_p90_seconds! > now.eta_seconds! }).toEqual({ step: true, percent: true, eta: true });
    });
  });

  it('leaves no tensor and no report wherever it leaves off', async () => {
    const calls = (await made(body())).progress.length;
    const before = tf.memory().numTensors;
    for (let at = 1; at <= calls; at += 1) {
      const { progress, files } = await made(body(), at);
      expect(progress).toHaveLength(at);
      expect(files).not.toContain('report.json');
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

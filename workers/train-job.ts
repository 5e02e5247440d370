// The child that makes one attempt of one job, start to finish: data, base, each run, the bundle, its proof.
import { setImmediate } from 'node:timers/promises';
import type { Model } from '#contract/model.js';
import { openPacked } from '#datasets/packed.js';
import { loadTensorFlow } from '#engine/native.js';
import { writeBundle, describeFiles, readWeights, writeManifest, BUNDLE_FILES } from '#models/bundle.js';
import { parameterCount } from '#models/architecture.js';
import { weightsDigest } from '#models/weights.js';
import { compareRuns } from '#transfer/report.js';
import { prepareData } from '#engine/training-data.js';
import { recordGolden, replayGolden } from '#engine/golden.js';
import { trainRun, type RunListener, type TrainedRun } from '#engine/train-run.js';
import { runChild } from './child.js';
import { ProgressMeter } from './progress-meter.js';
import type { EventMessage, Report, TrainTask } from './protocol.js';
import { warmUp } from './warm-up.js';

runChild<'train'>(async (task: TrainTask, tell) => {
  const { job, base, outFolder } = task;
  const { spec } = job;

  const { tf, engine } = loadTensorFlow();
  await tf.ready();
  tell({ kind: 'engine', engine });
  // So that the list of processes tells who trains what; the others wait (warm-up.ts).
  process.title = `train-job ${job.id}`;

  const packed = await openPacked(task.datasetFolder);
  const data = await prepareData(packed, spec);
  const baseWeights = base ? await readWeights(base.folder, base.model.architecture) : null;

  const listener = listenerOf(new ProgressMeter(spec), tell);
  const runs: TrainedRun[] = [];
  for (const run of spec.runs) runs.push(await trainRun(tf, spec, run, data, baseWeights, listener));
  const main = runs.find(({ result }) => result.role === 'main')!;
  const results = runs.map(({ result }) => result);

  tell({ kind: 'finalizing' });
  const digest = weightsDigest(spec.architecture, main.weights);
  const { content } = packed;
  const report = compareRuns(results);
  await writeBundle(outFolder, {
    architecture: spec.architecture,
    weights: main.weights,
    labels: content.class_names,
    preprocessing: content.preprocessing,
    golden: await recordGolden(tf, spec.architecture, main.weights, data.test),
    metrics: main.result.metrics,
    report,
    run: {
      job: job.id,
      spec,
      spec_digest: job.spec_digest,
      weights_digest: digest,
      engine,
      node: process.versions.node,
      threads: spec.threads,
    },
  });
  await packed.close();
  // The files, not the variables, are what a user will load: they must give what was just computed.
  await replayGolden(tf, outFolder);

  const model: Model = {
    id: job.model,
    object: 'model',
    name: job.name,
    created_at: job.created_at,
    job: job.id,
    dataset: spec.dataset,
    base_model: spec.base_model,
    architecture: spec.architecture,
    parameters: parameterCount(spec.architecture),
    labels: content.class_names,
    preprocessing: content.preprocessing,
    metrics: main.result.metrics,
    weights_digest: digest,
    files: await describeFiles(outFolder, BUNDLE_FILES),
  };
  await writeManifest(outFolder, model);
  return { weights_digest: digest, metrics: main.result.metrics, runs: results };
}, warmUp);

/** What a run tells, as messages. Training blocks the event loop, so each report lets the messages out before it goes on. */
const listenerOf = (meter: ProgressMeter, tell: (report: Report) => void): RunListener => ({
  onEvent: (type, data) => tell({ kind: 'event', type, data } as EventMessage),
  onMetrics: (points) => tell({ kind: 'metrics', points }),
  async onSteps(run, position, examplesSeen) {
    tell({ kind: 'progress', progress: meter.advance(run, position, examplesSeen) });
    await setImmediate();
  },
});

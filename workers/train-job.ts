// The child that makes one attempt of one job, start to finish: data, base, each run, the bundle, its proof.
import { MEASURED_PART } from '#contract/example-prediction.js';
import type { Model } from '#contract/model.js';
import { codeVersion } from '#config/code-version.js';
import { openPacked } from '#datasets/packed.js';
import { writePredictions } from '#jobs/prediction-files.js';
import { deltaOf } from '#models/delta.js';
import { writeBundle, describeFiles, writeManifest } from '#models/bundle.js';
import { jobDependencies } from '#models/provenance.js';
import { writeProvenance } from '#models/write-provenance.js';
import { parameterCount } from '#models/architecture.js';
import { weightsDigest } from '#models/weights.js';
import { measureTransfer, type Source } from '#report/measure.js';
import { reportPage } from '#report/page.js';
import { recordGolden, replayGolden } from '#engine/golden.js';
import { partnerOf, PUBLISHED_RUN } from '#contract/run.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { budgetOf } from '#engine/budget.js';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import { Paused } from '#engine/watch-run.js';
import { beginRuns, publishedOf } from './begin-runs.js';
import { environmentOf } from './checkpoint-writer.js';
import { LEFT_OFF, RECYCLED, runChild, type Worker } from './child.js';
import { comparePlans } from './compare-plans.js';
import { Deadline } from './deadline.js';
import { evaluateModel } from './evaluate-model.js';
import { explainModel } from './explain-model.js';
import { findRate } from './find-rate.js';
import { leaveOffIfAsked, openPlan, openTask } from './open-task.js';
import { SOURCE_GONE, type PlanSources, type SourceData, type TrainResult, type TrainTask } from './protocol.js';
import { warmUp } from './warm-up.js';

runChild('train', async (task, worker) => {
  try {
    return { ...(await make(task, worker)), environment: environmentOf(loadTensorFlow().engine, task.job.spec.threads) };
  } catch (problem) {
    if (problem instanceof Paused) return worker.asked() === 'recycle' ? RECYCLED : LEFT_OFF;
    throw problem;
  }
}, warmUp);

async function make(task: TrainTask, worker: Worker): Promise<TrainResult> {
  const { spec } = task.job;
  if (spec.type === 'compare') return comparePlans(task, spec, worker);
  if (spec.type === 'evaluate') return evaluateModel(task, spec, worker);
  if (spec.type === 'explain') return explainModel(task, spec, worker);
  // Loaded here: the libraries of other formats take a quarter of a second, and no other job needs them.
  if (spec.type === 'export') return (await import('./export-model.js')).exportModel(task, spec, worker);
  return spec.type === 'lr_find' ? findRate(task, spec, worker) : makeModel(task, spec, worker);
}

async function makeModel(task: TrainTask, spec: ResolvedSpec, worker: Worker): Promise<TrainResult> {
  const { outFolder } = task;
  const [sources] = task.plans as [PlanSources];
  const job = { ...task.job, model: task.job.model! };

  const { tf, engine, packed } = await openTask(task, worker);
  const { data, baseWeights, teachers } = await openPlan(sources, spec, packed);
  leaveOffIfAsked(worker);
  const { begun, runs, curves, listener, features } = await beginRuns({ ...task, job: { ...task.job, spec } }, worker, engine, data.test.count);
  const deadline = new Deadline(spec, () => (task.spent.earlierMs + Date.now() - task.spent.sinceMs) / 1_000);
  let stopped = false;
  for (const run of spec.runs.slice(runs.length)) {
    if (run.role === 'baseline' && deadline.isOver(run.run)) continue;
    const from = begun?.head.run === run.run ? begun.state : undefined;
    const budget = budgetOf(spec, run, partnerOf(run, runs.map(({ result }) => result)));
    const trained = await trainRun(tf, spec, run, data, baseWeights, listener, { from, budget, featuresOf: features.featuresOf, teachers, isOver: () => deadline.isOver(run.run) });
    stopped = trained.result.stop_reason === 'user_stop';
    const isPublished = run.run === PUBLISHED_RUN;
    // A baseline has no time of its own: the job's was up before it had the steps of its main run.
    const isCut = run.role === 'baseline' && trained.result.budget_reached === 'seconds';
    // Any other run that was stopped had not the steps of the one it is compared with.
    if ((!stopped && !isCut) || isPublished) runs.push(isPublished ? trained : { result: trained.result, weights: new Map() });
    if (stopped) break;
  }
  const main = publishedOf(runs)!;
  const results = runs.map(({ result }) => result);

  const source = sources.base && (await sourceOf(sources.base.source));
  const report = source && spec.base_model !== null && await measureTransfer(tf, {
    job, spec: { ...spec, base_model: spec.base_model }, data, base: baseWeights!, published: main.result, weights: main.weights, runs: results, curves, source,
    featuresOf: features.featuresOf, hurries: () => deadline.hurries,
    onPart: async () => {
      if ((await listener.onMeasured()) === 'pause') throw new Paused('while the transfer was measured');
    },
  });
  if (source && 'packed' in source) await source.packed.close();

  worker.tell({ kind: 'finalizing' });
  const digest = weightsDigest(spec.architecture, main.weights);
  const { content } = packed;
  const labels = content.target?.names ?? content.class_names;
  const files = await writeBundle(outFolder, {
    architecture: spec.architecture,
    weights: main.weights,
    labels,
    preprocessing: content.preprocessing,
    golden: await recordGolden(tf, spec.architecture, main.weights, data.test),
    metrics: main.result.metrics,
    delta: spec.lora && deltaOf(spec, main.weights),
    ...(report ? { report, page: reportPage(report) } : { report: { runs: results } }),
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
  if (main.said) await writePredictions(task.predictionsFolder, task.attempt, { truth: (await packed.part(MEASURED_PART)).labels, said: main.said });
  await features.close();
  await packed.close();
  // The files, not the variables, are what a user will load: they must give what was just computed.
  await replayGolden(tf, outFolder);
  const described = await describeFiles(outFolder, files);
  const { node, threads, processor } = environmentOf(engine, spec.threads);
  const provenance = await writeProvenance(outFolder, {
    by: 'urn:rootstock:job:v1',
    invocation: job.id,
    files: described,
    external: { spec, spec_digest: job.spec_digest },
    dependencies: jobDependencies(spec),
    code: codeVersion(),
    engine, node, threads, processor,
    weightsDigest: digest,
    metrics: main.result.metrics,
  });

  const model: Model = {
    id: job.model,
    object: 'model',
    status: 'ready',
    source: { kind: 'job' },
    name: job.name,
    created_at: job.created_at,
    job: job.id,
    dataset: spec.dataset,
    base_model: spec.base_model,
    architecture: spec.architecture,
    parameters: parameterCount(spec.architecture),
    ...(spec.frozen_layers && { frozen_layers: spec.frozen_layers }),
    task: content.task,
    labels,
    preprocessing: content.preprocessing,
    metrics: main.result.metrics,
    weights_digest: digest,
    files: [...described, provenance],
  };
  await writeManifest(outFolder, model);
  return { stop_reason: stopped ? 'user_stop' : main.result.stop_reason, weights_digest: digest, metrics: main.result.metrics, runs: results };
}

/** The data set that the base learnt from may be deleted at any moment: no job but this needs it. */
async function sourceOf(source: SourceData): Promise<Source> {
  if ('why' in source) return source;
  try {
    return { dataset: source.dataset, packed: await openPacked(source.folder) };
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return { why: SOURCE_GONE };
    throw problem;
  }
}

// An attempt of a comparison: each candidate trained as a job of its plan alone would train it, seed by seed, so that what is there when it is
// stopped are pairs. It makes one file, the report.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planAt, planOf } from '#contract/plans.js';
import type { CompareSpec } from '#contract/training-specs.js';
import type { PackedDataset, PackedPart } from '#datasets/packed.js';
import { trainRun } from '#engine/train-run.js';
import { RESULT_REPORT } from '#jobs/result.js';
import { weightsDigest } from '#models/weights.js';
import { compareCandidates } from '#report/candidates.js';
import { beginRuns } from './begin-runs.js';
import type { Worker } from './child.js';
import { leaveOffIfAsked, openPlan, openTask, verdictOf } from './open-task.js';
import type { TrainResult, TrainTask } from './protocol.js';

export async function comparePlans(task: TrainTask, spec: CompareSpec, worker: Worker): Promise<TrainResult> {
  const { tf, engine, packed: opened } = await openTask(task, worker);
  const packed = openedOnce(opened);
  const { begun, runs, listener, features } = await beginRuns({ ...task, job: { ...task.job, spec } }, worker, engine, opened.content.parts.test.examples);
  let stopped = false;
  for (const run of spec.runs.slice(runs.length)) {
    stopped = verdictOf(worker.asked()) === 'stop';
    if (stopped) break;
    const plan = planOf(spec, run);
    const { data, baseWeights, teachers } = await openPlan(task.plans[planAt(spec, run)]!, plan, packed);
    // Later the first checkpoint of the next run keeps those that ended.
    if (runs.length === 0) leaveOffIfAsked(worker);
    const from = begun?.head.run === run.run ? begun.state : undefined;
    const { result, weights } = await trainRun(tf, plan, run, data, baseWeights, listener, { from, featuresOf: features.featuresOf, teachers });
    // Of this run only: those of the next are opened again, from the cache.
    await features.close();
    // One that was stopped had not the steps of those it would be compared with.
    stopped = result.stop_reason === 'user_stop';
    if (stopped) break;
    runs.push({ result: { ...result, weights_digest: weightsDigest(plan.architecture, weights) }, weights: new Map() });
  }

  worker.tell({ kind: 'finalizing' });
  const results = runs.map(({ result }) => result);
  const report = compareCandidates(task.job, spec, results, opened.content.parts.test.examples);
  await writeFile(join(task.outFolder, RESULT_REPORT), JSON.stringify(report), { flag: 'wx', mode: 0o600 });
  await opened.close();
  return { stop_reason: stopped ? 'user_stop' : 'completed', weights_digest: null, metrics: {}, runs: results };
}

/** Each part is opened for the first plan that is trained on it, and stays for all others. */
function openedOnce(packed: PackedDataset): PackedDataset {
  const parts = new Map<string, Promise<PackedPart>>();
  return {
    ...packed,
    part(name) {
      const part = parts.get(name) ?? packed.part(name);
      parts.set(name, part);
      return part;
    },
  };
}

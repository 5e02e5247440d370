// An attempt of a learning rate range test: its curve and what it suggests, as the one file that the job makes. Left off, it begins again.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { RatePoint, RateReport } from '#contract/rate-report.js';
import { PUBLISHED_RUN } from '#contract/run.js';
import type { ResolvedSpec, Stage } from '#contract/training-specs.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { rangeTest } from '#engine/learning-rate-range.js';
import { startOfLora } from '#engine/lora.js';
import { buildNetwork } from '#engine/network.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { carriedIn, startOfMain } from '#engine/start.js';
import { buildTeachers } from '#engine/teachers.js';
import { Paused } from '#engine/watch-run.js';
import { RESULT_REPORT } from '#jobs/result.js';
import { asTrained } from '#models/output-layer.js';
import { weightsDigest } from '#models/weights.js';
import { suggestedRates } from '#report/rate-suggestion.js';
import type { Worker } from './child.js';
import { leaveOffIfAsked, openPlan, openTask, verdictOf } from './open-task.js';
import { ProgressMeter } from './progress-meter.js';
import type { TrainResult, TrainTask } from './protocol.js';

export async function findRate(task: TrainTask, spec: ResolvedSpec, worker: Worker): Promise<TrainResult> {
  const { id } = task.job;
  const { tf, packed } = await openTask(task, worker);
  const { data, baseWeights, teachers } = await openPlan(task.plans[0]!, spec, packed);
  leaveOffIfAsked(worker);
  const run = spec.runs.find((each) => each.run === PUBLISHED_RUN)!;
  const [stage] = spec.stages as [Stage];
  const start = baseWeights ? startOfMain(spec, run.seed, baseWeights) : freshWeights(spec.architecture, run.seed);
  const objective = makeObjective(tf, { ...spec.training, deviations: spec.target?.scale?.deviation ?? null }, spec.target ? null : spec.class_names.length);
  const architecture = asTrained(spec.architecture, spec.training.loss.name);
  const { lora } = spec;
  const network = await buildNetwork(tf, architecture, lora ? new Map([...start, ...startOfLora(spec.architecture, lora, run.seed)]) : start, lora);
  const teaching = await buildTeachers(tf, teachers, spec.training.loss);
  try {
    const tell = teller(spec, worker);
    let stopped = false;
    const settings = { ...spec.training, objective, seed: run.seed, origin: { weights: start, carried: carriedIn(spec), teachers: teaching.networks } };
    const { points, diverged } = await rangeTest(tf, network, data.train, settings, stage, async (so) => {
      await tell(so);
      const verdict = verdictOf(worker.asked());
      if (verdict === 'pause') throw new Paused('while the rates were tested');
      stopped = verdict === 'stop';
      return verdict;
    });
    worker.tell({ kind: 'finalizing' });
    const report: RateReport = {
      object: 'rate_report',
      job: id,
      base_model: spec.base_model,
      dataset: spec.dataset,
      trainable: stage.trainable,
      points,
      diverged,
      suggestion: suggestedRates(points),
      weights_digest: weightsDigest(architecture, network.readWeights()),
    };
    await writeFile(join(task.outFolder, RESULT_REPORT), JSON.stringify(report), { flag: 'wx', mode: 0o600 });
    return { stop_reason: stopped ? 'user_stop' : 'completed', weights_digest: null, metrics: {}, runs: [] };
  } finally {
    network.dispose();
    teaching.dispose();
    await packed.close();
  }
}

/** Tells the worker of the points that are new, as a learning curve and as progress. */
function teller(spec: ResolvedSpec, { tell }: Worker): (points: readonly RatePoint[]) => Promise<void> {
  const [run] = spec.runs as [(typeof spec.runs)[number]];
  const meter = new ProgressMeter(spec, [], 0);
  const { batch_size: batch, train_examples: examples } = spec.training;
  const perEpoch = Math.ceil(examples / batch);
  let told = 0;
  return async (points) => {
    const fresh = points.slice(told);
    told = points.length;
    const last = fresh.at(-1);
    if (last) {
      tell({ kind: 'metrics', points: fresh.map(({ step, ...values }) => ({ run: run.run, role: run.role, stage: 0, epoch: Math.ceil(step / perEpoch), step, values })) });
      const position = { stage: 0, epoch: Math.ceil(last.step / perEpoch), step: last.step };
      tell({ kind: 'progress', progress: meter.advance(run, position, { examples: fresh.length * batch, seconds: 0 }), next: 'training' });
    }
    await setImmediate();
  };
}

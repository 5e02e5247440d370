// An attempt of an evaluation: one network, or one after the other, over the examples, and the report of what each of them came to. Left off, it begins
// again; asked to stop, it goes on to its end, since half of the examples would be others than those that were asked for.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '#contract/errors.js';
import type { EvaluateSpec, MeasuredModel } from '#contract/untrained-specs.js';
import type { PackedDataset, PackedPart } from '#datasets/packed.js';
import { evaluateEach, type EvaluatedEach } from '#engine/evaluate.js';
import type { TensorFlow } from '#engine/native.js';
import { joined } from '#engine/joined.js';
import { buildNetwork } from '#engine/network.js';
import type { TargetColumns } from '#engine/targets.js';
import { subjectOf } from '#jobs/find-predictions.js';
import { greatestFirst, writePredictions } from '#jobs/prediction-files.js';
import { RESULT_REPORT } from '#jobs/result.js';
import { readWeights } from '#models/bundle.js';
import { asTrained, measuringLoss, probabilityBy } from '#models/output-layer.js';
import { BY_CLASS } from '#contract/evaluate-request.js';
import { WORST } from '#contract/evaluate-report.js';
import type { ExamplePrediction } from '#contract/example-prediction.js';
import { evaluationReport, type MeasuredModelOn } from '#report/evaluation.js';
import { groupsOfClasses, groupsOfColumns, type Groups } from '#report/slice-groups.js';
import type { Worker } from './child.js';
import { examplesFor, measuringObjective, shownOf } from './measuring.js';
import { MeasuringMeter, onDone, type OnDone } from './measuring-meter.js';
import { AGAINST, DRAWS, MODEL, partsOfEvaluation } from './measuring-work.js';
import { openTask } from './open-task.js';
import type { TrainResult, TrainTask, TrainTeacher } from './protocol.js';

export async function evaluateModel(task: TrainTask, spec: EvaluateSpec, worker: Worker): Promise<TrainResult> {
  const { tf, packed } = await openTask(task, worker);
  const done = onDone(new MeasuringMeter(partsOfEvaluation(spec, task.measured.map(({ architecture }) => architecture))), worker, 'while a model was measured');
  try {
    const parts = await Promise.all(spec.parts.map(({ part }) => packed.part(part)));
    const [at, ofOther] = task.measured as [TrainTeacher, TrainTeacher?];
    const data: MeasuredData = { spec, packed, parts };
    const model = await measure(tf, data, spec.model, at, (examples) => done(MODEL, examples));
    const against = spec.against && (await measure(tf, data, spec.against, ofOther!, (examples) => done(AGAINST, examples)));
    const groups = await groupsOf(data, model.truth, done);

    const loss = measuringLoss(at.architecture, spec.task);
    const report = await evaluationReport({ job: task.job, spec, loss, model, against, groups, worst: worstOf(spec, model), onDrawn: (draws) => done(DRAWS, draws) });
    worker.tell({ kind: 'finalizing' });
    await writePredictions(task.predictionsFolder, task.attempt, { truth: model.truth, said: saidOf(model.each) });
    await writeFile(join(task.outFolder, RESULT_REPORT), JSON.stringify(report), { flag: 'wx', mode: 0o600 });
    const metrics = Object.fromEntries(report.metrics.map(({ name, value }) => [name, value]));
    return { stop_reason: 'completed', weights_digest: null, metrics, runs: [] };
  } finally {
    await packed.close();
  }
}

interface MeasuredData {
  spec: EvaluateSpec;
  packed: PackedDataset;
  /** In the order of the spec. */
  parts: readonly PackedPart[];
}

/** The model over all parts. @throws Paused */
async function measure(tf: TensorFlow, { spec, packed, parts }: MeasuredData, model: MeasuredModel, { folder, architecture }: TrainTeacher, onCall: (examples: number) => Promise<void>): Promise<MeasuredModelOn> {
  const loss = measuringLoss(architecture, spec.task);
  const objective = measuringObjective(tf, spec.task, model, loss, probabilityBy(architecture, loss));
  const examples = parts.map((part) => examplesFor(model, packed.content, part));
  const targets = examples.map((some) => some.targets);
  const network = await buildNetwork(tf, asTrained(architecture, loss), await readWeights(folder, architecture));
  const found: EvaluatedEach[] = [];
  try {
    for (const some of examples) found.push(await evaluateEach(tf, network, some, objective, onCall));
  } finally {
    network.dispose();
  }
  const names = Object.keys(found[0]!.each);
  const each = Object.fromEntries(names.map((name) => [name, joined(found.map((part) => part.each[name]!))]));
  if (each.loss!.some((one) => !Number.isFinite(one))) throw ServiceError.of('OUTPUT_NOT_FINITE');
  const truth = joinedTargets(targets);
  const shape = targets[0]!.of.shape;
  const overAll: MeasuredModelOn['measure'] = (some) => objective.overAll(some.each, { of: some.truth instanceof Int32Array ? { dtype: 'int32', shape, values: some.truth } : { dtype: 'float32', shape, values: some.truth } });
  return { id: model.id, labels: model.labels, each, truth, evaluated: overAll({ each, truth }), measure: overAll };
}

function joinedTargets(targets: readonly TargetColumns[]): Int32Array | Float32Array {
  const values = targets.map(({ of }) => of.values);
  const all = new (values[0] instanceof Int32Array ? Int32Array : Float32Array)(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const some of values) {
    all.set(some, at);
    at += some.length;
  }
  return all;
}

async function groupsOf({ spec, packed, parts }: MeasuredData, classes: Int32Array | Float32Array, done: OnDone): Promise<Groups[]> {
  const { columns = [] } = packed.content.preprocessing;
  const asked = spec.slices.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  const ofColumns = asked.length > 0 ? await groupsOfColumns(asked, parts.map(({ rows }) => rows), () => done(null)) : [];
  return spec.slices.map((name) => ofColumns.find(({ column }) => column === name) ?? groupsOfClasses(BY_CLASS, spec.model.labels, classes as Int32Array));
}

/** Nothing that only serves measures of all of them. */
const saidOf = (each: MeasuredModelOn['each']): ReadonlyMap<string, Float32Array> => new Map(Object.entries(each).filter(([name]) => name !== 'inTop' && name !== 'score'));

const worstOf = (spec: EvaluateSpec, { each, truth }: MeasuredModelOn): ExamplePrediction[] => shownOf(subjectOf(spec), [...greatestFirst(each.loss!).subarray(0, WORST)], each, truth);

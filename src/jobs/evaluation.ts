// An evaluation as a spec: the models that are measured, the parts of the data set they are measured on, or the reason why they cannot be.
import { availableParallelism } from 'node:os';
import type { DatasetContent } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { BY_CLASS, RESAMPLES, type EvaluatedModelRequest, type EvaluateRequest } from '../contract/evaluate-request.js';
import type { EvaluateSpec, MeasuredModel, MeasuredPart } from '../contract/untrained-specs.js';
import { partsIn } from '../contract/parts.js';
import { rowBytesOf } from '../datasets/rows.js';
import { flopsPerExample } from '../models/architecture.js';
import { evaluationMemoryBytes } from '../models/memory.js';
import { measuringLoss, misfitOf } from '../models/output-layer.js';
import { gigabytes } from '../models/size.js';
import { AutoValues, resolveThreads } from '../transfer/auto.js';
import { findBase, type Base, type BaseRooms } from './base.js';
import { findJob } from './query.js';
import type { ReadyDataset } from './resolve.js';
import { requireSameColumns, requireSameShape } from './same-inputs.js';

/** Rows that go through a network at once, unless its layers are wide (engine/forward.ts). */
const ROWS_AT_ONCE = 500;
const USUAL_SEED = 1;

/** Those that the evaluation measures: its model, and perhaps another. */
export type Measured = readonly [Base, ...Base[]];

/** @throws MODEL_UNKNOWN, MODEL_VERSION_UNKNOWN, INVALID_VALUE, MODEL_NOT_READY, JOB_UNKNOWN, METHOD_NOT_POSSIBLE, NO_ARTIFACTS_YET, and of the catalogue what `findBase` throws, each with its pointer */
export async function findMeasured(rooms: BaseRooms, { model, against }: EvaluateRequest): Promise<Measured> {
  const first = await findModelAsked(rooms, model, '/model');
  return against === undefined ? [first] : [first, await findModelAsked(rooms, against, '/against')];
}

/** @param pointer of its name in the request @throws what `findMeasured` throws */
export async function findModelAsked(rooms: BaseRooms, asked: EvaluatedModelRequest, pointer: string): Promise<Base> {
  const id = typeof asked === 'string' ? asked : await modelMadeBy(rooms, asked.job, pointer);
  try {
    return await findBase(rooms, id);
  } catch (problem) {
    throw problem instanceof ServiceError ? problem.at(pointer) : problem;
  }
}

async function modelMadeBy({ store }: BaseRooms, id: string, pointer: string): Promise<string> {
  const stored = await findJob(store, id);
  if (!stored) throw ServiceError.of('JOB_UNKNOWN', id).at(`${pointer}/job`);
  if (stored.job.model === null) throw ServiceError.of('METHOD_NOT_POSSIBLE', 'job', `a job of type ${stored.job.type} makes no model`).at(`${pointer}/job`);
  if (stored.status !== 'succeeded') throw ServiceError.of('NO_ARTIFACTS_YET', stored.status).at(`${pointer}/job`);
  return stored.job.model;
}

/** @throws INPUT_MISMATCH, PREPROCESSING_MISMATCH, TASK_MISMATCH, LABELS_MISMATCH, OUTPUT_MISMATCH, INVALID_VALUE, MODEL_TOO_LARGE, each with its pointer */
export function evaluationOf(request: EvaluateRequest, { id, content }: ReadyDataset, [model, against]: Measured, memoryLimitBytes: number): EvaluateSpec {
  const auto = new AutoValues();
  const parts = partsOf(request, content);
  const measured = measuredModel(model, content, '/model');
  const other = against ? measuredModel(against, content, '/against') : null;
  const slices = request.slices ?? [];
  slices.forEach((column, at) => requireSliceable(column, content, `/slices/${at}`));
  const examples = parts.reduce((sum, part) => sum + part.examples, 0);
  for (const [base, pointer] of [[model, '/model'], [against, '/against']] as const) {
    if (!base) continue;
    const bytes = evaluationMemoryBytes({ architecture: base.architecture, examples, targetValues: content.target?.names.length ?? 1, rowBytes: rowBytesOf(content.input_shape, content.preprocessing.input.dtype) });
    if (bytes > memoryLimitBytes) throw ServiceError.of('MODEL_TOO_LARGE', gigabytes(bytes), gigabytes(memoryLimitBytes)).at(pointer);
  }
  const work = { flopsPerExample: flopsPerExample(model.architecture), batchSize: ROWS_AT_ONCE, convolutional: model.architecture.layers.some((layer) => layer.class_name.includes('Conv')) };
  return {
    type: 'evaluate',
    model: measured,
    against: other,
    dataset: id,
    dataset_digest: content.digest,
    task: content.task,
    parts,
    slices,
    resamples: auto.choose('/resamples', request.resamples, RESAMPLES.usual, 'a thousand: the ends of an interval move by a twentieth of its width at most'),
    seed: auto.choose('/seed', request.seed, USUAL_SEED, 'seed 1, so that the same request gives the same result'),
    threads: resolveThreads(work, availableParallelism(), auto),
    auto: auto.list,
  };
}

function partsOf({ part = 'test' }: EvaluateRequest, { parts }: DatasetContent): MeasuredPart[] {
  const there = partsIn(parts);
  if (part !== 'all' && !there.includes(part)) throw ServiceError.of('INVALID_VALUE', `must be one of ${[...there, 'all'].join(', ')}: the data set has no ${part} part`).at('/part');
  return there.filter((each) => part === 'all' || each === part).map((each) => ({ part: each, examples: parts[each]!.examples }));
}

/** Its own preparation is used, so that of bytes it may be another than the data set's. */
export function measuredModel(base: Base, content: DatasetContent, pointer: string): MeasuredModel {
  requireSameShape(base, content);
  const { input, steps } = base.preprocessing;
  if (input.dtype !== content.preprocessing.input.dtype) throw ServiceError.of('PREPROCESSING_MISMATCH', input.dtype, content.preprocessing.input.dtype).at('/dataset');
  requireSameColumns(base.preprocessing, content.preprocessing);
  if (base.task !== content.task) throw ServiceError.of('TASK_MISMATCH', `A model of ${base.task}`, content.task).at(pointer);
  const told = content.target?.names ?? content.class_names;
  const labels = base.labels.length > 0 ? base.labels : told;
  const why = misfitOf(base.architecture, labels.length, measuringLoss(base.architecture, base.task), base.task);
  if (why !== undefined) throw ServiceError.of('OUTPUT_MISMATCH', base.architecture.layers.at(-1)!.name, why).at(pointer);
  requireLabels(labels, content);
  return { id: base.named as string, weights_digest: base.weights_digest, labels: [...labels], divide_by: steps.map(({ divide_by: by }) => by) };
}

/** A model may know more classes than the data set has, in another order; of values it must tell the same. */
function requireLabels(labels: readonly string[], { class_names: names, target }: DatasetContent): void {
  const listed = (all: readonly string[]): string => all.slice(0, 8).map((name) => `"${name}"`).join(', ') + (all.length > 8 ? ` and ${all.length - 8} more` : '');
  if (target) {
    if (target.names.join('\n') !== labels.join('\n')) throw ServiceError.of('LABELS_MISMATCH', `the values ${listed(labels)}`, `the values ${listed(target.names)}`).at('/dataset');
    return;
  }
  const strange = names.filter((name) => !labels.includes(name));
  if (strange.length > 0) throw ServiceError.of('LABELS_MISMATCH', `the classes ${listed(labels)}`, `${strange.length === 1 ? 'a class' : 'classes'} that it does not know: ${listed(strange)}`).at('/dataset');
}

function requireSliceable(column: string, { preprocessing: { columns = [] }, task }: DatasetContent, pointer: string): void {
  if (columns.some(({ name }) => name === column) || (column === BY_CLASS && task === 'classification')) return;
  const known = [...columns.map(({ name }) => name), ...(task === 'classification' ? [BY_CLASS] : [])];
  throw ServiceError.of('INVALID_VALUE', known.length > 0 ? `must be one of ${known.slice(0, 20).join(', ')}: these are what the examples can be told apart by` : 'must be left out: the examples have no columns and no classes').at(pointer);
}

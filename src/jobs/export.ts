// An export as a spec: the model and the format that carries it, or the reason why it cannot be.
import { availableParallelism } from 'node:os';
import { ServiceError } from '../contract/errors.js';
import { VERIFIED_INPUTS } from '../contract/export-report.js';
import type { Quantisation } from '../contract/export-format.js';
import type { ExportRequest } from '../contract/export-request.js';
import type { ExportSpec } from '../contract/untrained-specs.js';
import type { Architecture } from '../contract/layers.js';
import { requireCarried } from '../exports/carried.js';
import { flopsPerExample, parameterCount } from '../models/architecture.js';
import { evaluationMemoryBytes } from '../models/memory.js';
import { gigabytes } from '../models/size.js';
import { AutoValues, resolveThreads } from '../transfer/auto.js';
import { rowBytesOf } from '../datasets/rows.js';
import { askedDataset } from './asked-dataset.js';
import type { Base, BaseRooms } from './base.js';
import { evaluationOf, findModelAsked } from './evaluation.js';
import { requireReady, type ReadyDataset } from './resolve.js';

/** Of all weights: as the bundle has them, written, in the runtime, and the pieces between. */
const COPIES = 6;
const FLOAT_BYTES = 4;

/**
 * @throws MODEL_UNKNOWN, MODEL_NOT_READY, EXPORT_UNSUPPORTED, INVALID_VALUE, MODEL_TOO_LARGE, and where a data set is named what an evaluation on
 *   it would be refused with, each with its pointer
 */
export async function exportOf(rooms: BaseRooms & { memoryLimitBytes: number }, request: ExportRequest): Promise<ExportSpec> {
  const model = await findModelAsked(rooms, request.model, '/model');
  requireCarried(request.format, model.architecture);
  const quantize = quantisationOf(request);
  requireMeasurable(request, model);
  const dataset = request.dataset === undefined ? null : requireReady(await askedDataset(rooms.store, request.dataset));
  if (dataset) requireMeasuredOn(request, dataset, model, rooms.memoryLimitBytes);
  const bytes = exportMemoryBytes(model.architecture);
  if (bytes > rooms.memoryLimitBytes) throw ServiceError.of('MODEL_TOO_LARGE', gigabytes(bytes), gigabytes(rooms.memoryLimitBytes)).at('/model');
  const auto = new AutoValues();
  const work = { flopsPerExample: flopsPerExample(model.architecture), batchSize: VERIFIED_INPUTS, convolutional: model.architecture.layers.some(({ class_name: name }) => name.includes('Conv')) };
  return {
    type: 'export',
    model: { id: model.named as string, weights_digest: model.weights_digest },
    format: request.format,
    quantize,
    max_drop: request.max_drop ?? null,
    dataset: dataset?.id ?? null,
    dataset_digest: dataset?.content.digest ?? null,
    threads: resolveThreads(work, availableParallelism(), auto),
    auto: auto.list,
  };
}

function quantisationOf({ format, quantize, max_drop: drop }: ExportRequest): Quantisation | null {
  if (quantize === undefined) {
    if (drop !== undefined) throw ServiceError.of('INVALID_VALUE', 'must be left out: it is of a quantised model, and the weights stay as they are').at('/max_drop');
    return null;
  }
  if (format !== 'tfjs_layers') throw ServiceError.of('INVALID_VALUE', 'must be left out: the format tfjs_layers alone has weights in fewer bits').at('/quantize');
  const { dtype, by = 'tensor' } = quantize;
  if (dtype === 'float16' && by === 'channel') throw ServiceError.of('INVALID_VALUE', 'must be tensor for float16, which has no levels that a channel could have of its own').at('/quantize/by');
  return { dtype, by };
}

/** Without a data set, only a class that is told can be held against another. */
function requireMeasurable({ dataset, max_drop: drop }: ExportRequest, { task }: Base): void {
  if (drop === undefined || dataset !== undefined || task === 'classification') return;
  throw ServiceError.of('MISSING_FIELD', 'dataset').at('/dataset');
}

/** Whatever an evaluation of the model on the data set would be refused with. */
const requireMeasuredOn = ({ model }: ExportRequest, dataset: ReadyDataset, base: Base, memoryLimitBytes: number): void =>
  void evaluationOf({ type: 'evaluate', model, dataset: dataset.id, part: 'test' }, dataset, [base], memoryLimitBytes);

/** A bound worth refusing by, not a measurement. */
export const exportMemoryBytes = (architecture: Architecture): number =>
  evaluationMemoryBytes({ architecture, examples: VERIFIED_INPUTS, targetValues: 1, rowBytes: rowBytesOf(architecture.input_shape, 'float32') }) + COPIES * FLOAT_BYTES * parameterCount(architecture);

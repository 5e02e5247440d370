// An explanation as a spec: the model, the examples, and which ways to look at it go with both, or the reason why they do not.
import { availableParallelism } from 'node:os';
import type { DatasetContent } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { EXPLAIN_METHODS, type ExplainMethod } from '../contract/explain-method.js';
import { EXPLAINED, type ExplainRequest } from '../contract/explain-request.js';
import type { Architecture } from '../contract/layers.js';
import type { PartName } from '../contract/parts.js';
import type { ExplainSpec, MeasuredModel } from '../contract/untrained-specs.js';
import { isPicture } from '../datasets/report/png.js';
import { rowBytesOf } from '../datasets/rows.js';
import { gradCamLayer, gradCamLayers } from '../engine/explain/grad-cam-layer.js';
import { usualPatches } from '../engine/explain/patches.js';
import { flopsPerExample } from '../models/architecture.js';
import { explanationMemoryBytes } from '../models/memory.js';
import { gigabytes } from '../models/size.js';
import { AutoValues, resolveThreads } from '../transfer/auto.js';
import type { Base } from './base.js';
import { measuredModel } from './evaluation.js';
import type { ReadyDataset } from './resolve.js';

/** Rows that go through a network at once where gradients are wanted of them. */
export const ROWS_AT_ONCE = 50;
const USUAL_SEED = 1;
/** Places on the path of integrated gradients. */
const MOST_STEPS = { usual: 800, large: 200 } as const;
const LARGE_FLOPS = 1e8;

/**
 * @throws what an evaluation of the model on the data set would be refused with; METHOD_NOT_POSSIBLE, INVALID_VALUE,
 *   MODEL_TOO_LARGE, each with its pointer
 */
export function explanationOf(request: ExplainRequest, { id, content }: ReadyDataset, base: Base, memoryLimitBytes: number): ExplainSpec {
  const auto = new AutoValues();
  const model = measuredModel(base, content, '/model');
  const part = partOf(request, content);
  const methods = methodsOf(request, content, base.architecture, auto);
  requireSettingsUsed(request, methods);
  const has = (method: ExplainMethod): boolean => methods.includes(method);
  const bytes = explanationMemoryBytes({ architecture: base.architecture, examples: content.parts[part]!.examples, targetValues: content.target?.names.length ?? 1, rowBytes: rowBytesOf(content.input_shape, content.preprocessing.input.dtype), rowsAtOnce: ROWS_AT_ONCE });
  if (bytes > memoryLimitBytes) throw ServiceError.of('MODEL_TOO_LARGE', gigabytes(bytes), gigabytes(memoryLimitBytes)).at('/model');
  const work = { flopsPerExample: flopsPerExample(base.architecture), batchSize: ROWS_AT_ONCE, convolutional: base.architecture.layers.some((layer) => layer.class_name.includes('Conv')) };
  return {
    type: 'explain',
    model,
    dataset: id,
    dataset_digest: content.digest,
    task: content.task,
    part,
    methods,
    ...examplesOf(request, part, content, auto),
    output: outputOf(request, model),
    integrated_gradients: has('integrated_gradients') ? { most_steps: mostStepsOf(request, base.architecture, auto) } : null,
    grad_cam: has('grad_cam') ? { layer: camLayerOf(request, base.architecture, auto) } : null,
    occlusion: has('occlusion') ? occlusionOf(request, content, auto) : null,
    nearest_examples: has('nearest_examples') ? { count: request.nearest_examples?.count ?? EXPLAINED.nearest, distance: request.nearest_examples?.distance ?? 'cosine' } : null,
    permutation_importance: has('permutation_importance') ? { repeats: request.permutation_importance?.repeats ?? EXPLAINED.repeats } : null,
    seed: auto.choose('/seed', request.seed, USUAL_SEED, 'seed 1, so that the same request gives the same result'),
    threads: resolveThreads(work, availableParallelism(), auto),
    auto: auto.list,
  };
}

function partOf({ part = 'test' }: ExplainRequest, { parts }: DatasetContent): PartName {
  if (parts[part]) return part;
  throw ServiceError.of('INVALID_VALUE', `must be another: the data set has no ${part} part`).at('/part');
}

/** Why a method cannot be used; undefined where it can. */
type Hindrance = (content: DatasetContent, architecture: Architecture) => string | undefined;

const ofPictures: Hindrance = ({ input_shape: shape }) => (isPicture(shape) ? undefined : `it covers pictures, and the examples have the shape [${shape.join(', ')}]`);
/** Whether the output changes with the input by degrees: an index that a row is looked up by has no half. */
const isSmooth: Hindrance = ({ preprocessing }, { layers }) => {
  if (preprocessing.columns) return 'categories have nothing between them; of tables permutation_importance tells which columns count';
  const embedding = layers.find(({ class_name: name }) => name === 'Embedding');
  return embedding && `"${embedding.name}" looks its input up, and so has no gradient`;
};

const HINDRANCES: Readonly<Record<ExplainMethod, Hindrance>> = {
  integrated_gradients: isSmooth,
  grad_cam: (_, architecture) => (gradCamLayer(architecture) === undefined ? 'no layer of the network gives height, width and channels' : undefined),
  occlusion: ofPictures,
  nearest_examples: () => undefined,
  permutation_importance: ({ preprocessing }) => (preprocessing.columns ? undefined : 'it shuffles the columns of a table, and the examples have none'),
};

function methodsOf({ methods: asked }: ExplainRequest, content: DatasetContent, architecture: Architecture, auto: AutoValues): ExplainMethod[] {
  asked?.forEach((method, at) => {
    const why = HINDRANCES[method](content, architecture);
    if (why !== undefined) throw ServiceError.of('METHOD_NOT_POSSIBLE', method, why).at(`/methods/${at}`);
  });
  const possible = EXPLAIN_METHODS.filter((method) => HINDRANCES[method](content, architecture) === undefined);
  return [...auto.choose('/methods', asked, possible, 'all that model and data set allow')];
}

/** Settings of what is not done are a mistake. */
function requireSettingsUsed(request: ExplainRequest, methods: readonly ExplainMethod[]): void {
  for (const method of ['integrated_gradients', 'grad_cam', 'occlusion', 'nearest_examples', 'permutation_importance'] as const) {
    if (request[method] !== undefined && !methods.includes(method)) throw ServiceError.of('INVALID_VALUE', `must be left out: ${method} is not among the methods`).at(`/${method}`);
  }
}

function examplesOf({ examples, worst }: ExplainRequest, part: PartName, { parts }: DatasetContent, auto: AutoValues): Pick<ExplainSpec, 'examples' | 'worst'> {
  if (examples === undefined) return { examples: null, worst: auto.choose('/worst', worst, EXPLAINED.worst, 'those that the model is furthest off with are what one learns most from') };
  if (worst !== undefined) throw ServiceError.of('INVALID_VALUE', 'must be left out: the examples are named').at('/worst');
  const { examples: count } = parts[part]!;
  const beyond = examples.findIndex((index) => index >= count);
  if (beyond >= 0) throw ServiceError.of('INVALID_VALUE', `must be below ${count}: the ${part} part has so many examples, counted from 0`).at(`/examples/${beyond}`);
  return { examples: [...examples], worst: null };
}

function outputOf({ output }: ExplainRequest, { labels }: MeasuredModel): string | null {
  if (output === undefined) return null;
  if (labels.includes(output)) return output;
  throw ServiceError.of('INVALID_VALUE', `must be one of ${labels.slice(0, 20).map((label) => `"${label}"`).join(', ')}: these are what the model tells`).at('/output');
}

const mostStepsOf = ({ integrated_gradients: asked }: ExplainRequest, architecture: Architecture, auto: AutoValues): number =>
  auto.choose('/integrated_gradients/most_steps', asked?.most_steps, flopsPerExample(architecture) < LARGE_FLOPS ? MOST_STEPS.usual : MOST_STEPS.large, '800 places on the path, 200 of a network of 10⁸ operations an example and more, which would take minutes for each');

function camLayerOf({ grad_cam: asked }: ExplainRequest, architecture: Architecture, auto: AutoValues): string {
  const layer = auto.choose('/grad_cam/layer', asked?.layer, gradCamLayer(architecture)!, 'the last layer that computes something and gives pixels');
  const possible = gradCamLayers(architecture);
  if (!possible.includes(layer)) throw ServiceError.of('INVALID_VALUE', `must be one of ${possible.slice(-20).join(', ')}: what these give has pixels`).at('/grad_cam/layer');
  return layer;
}

function occlusionOf({ occlusion: asked }: ExplainRequest, { input_shape: shape }: DatasetContent, auto: AutoValues): { patch: number; stride: number } {
  const [height, width] = shape as [number, number];
  const chosen = auto.choose('/occlusion', asked, usualPatches(shape), 'patches of 8 · (shorter side / 28)^⅔ pixels, half of that from one to the next: 8 and 4 at 28, 32 and 16 at 224');
  if (chosen.patch > Math.max(height, width)) throw ServiceError.of('INVALID_VALUE', `must be at most ${Math.max(height, width)}, the longer side of the pictures`).at('/occlusion/patch');
  if (chosen.stride > chosen.patch) throw ServiceError.of('INVALID_VALUE', 'must be at most the patch, or pixels between would be covered by none').at('/occlusion/stride');
  return { ...chosen };
}

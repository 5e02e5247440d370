// How a linear probe of what was carried over is measured: at which layer, on how many examples, and what that takes. A part of the report that
// costs more than a tenth of training would be a price nobody asked for.
import { NETWORK_INPUT } from '../contract/branches.js';
import { ServiceError } from '../contract/errors.js';
import { volume } from '../contract/shape.js';
import { epochsOf, mostStepsOf } from '../contract/training-specs.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import { divide, flopsPerExample, outputShape, trace, weightsOf } from '../models/architecture.js';
import { headOf } from '../models/output-layer.js';

export interface ProbePlan {
  /** The layer whose output the probe takes. */
  cut: string;
  /** Training examples, evenly chosen among all where it is not all of them. */
  examples: number;
  iterations: number;
  /** Operations that measuring it takes, about, without the test. */
  flops: number;
}

/** Operations of training, at most, that the probe may take as well. */
const SHARE = 0.1;
/** Fewer say little of what features are worth; they are taken whatever training takes. */
const LEAST_EXAMPLES = 2_000;
/** Numbers of features that are held at once (64 MiB). */
const MOST_NUMBERS = 2 ** 24;
/** Logistic regression on features has converged by then, or is near it. */
const MOST_ITERATIONS = 100;
const LEAST_ITERATIONS = 10;
/** Operations of solving it, a second of one core about: over many features and classes it ends sooner, and says that it had not converged. */
const MOST_SOLVING = 3e10;
/** Forwards once and backwards about twice. */
const PASSES = 3;

type Probed = Pick<ResolvedSpec, 'architecture' | 'features_from' | 'inherit' | 'stages' | 'class_names' | 'target' | 'transfer'> & { training: Pick<ResolvedSpec['training'], 'train_examples' | 'batch_size' | 'budget'> };

/** The plan, or why there is nothing to probe. */
export function planProbe(spec: Probed): ProbePlan | { why: string } {
  const cut = cutOf(spec);
  if (typeof cut !== 'string') return cut;
  const { trunk } = divide(spec.architecture, cut);
  const carried = new Set(spec.inherit.flatMap(({ to, outputs }) => (outputs ? [] : [to])));
  const weights = weightsOf(trunk);
  if (weights.length === 0) return { why: 'no layer with weights comes before the output layer' };
  if (!weights.every(({ path }) => carried.has(path))) return { why: 'not all layers before the output layer were carried over' };

  const width = volume(outputShape(trunk));
  const perIteration = 2 * PASSES * width * (spec.target?.names.length ?? spec.class_names.length);
  const features = keepsFeatures(spec, cut) ? 0 : flopsPerExample(trunk);
  const perExample = features + perIteration * MOST_ITERATIONS;
  const most = Math.min(spec.training.train_examples, Math.floor(MOST_NUMBERS / width));
  const examples = Math.max(1, Math.min(most, Math.max(LEAST_EXAMPLES, Math.floor((SHARE * trainingFlops(spec)) / perExample))));
  const iterations = Math.max(LEAST_ITERATIONS, Math.min(MOST_ITERATIONS, Math.floor(MOST_SOLVING / (examples * perIteration))));
  return { cut, examples, iterations, flops: examples * (features + perIteration * iterations) };
}

/** Whether training has the features of this layer computed once, so that they are there already. */
export const keepsFeatures = ({ features_from: from, stages }: Pick<ResolvedSpec, 'features_from' | 'stages'>, cut: string): boolean =>
  from === cut || stages.some((stage) => stage.features_from === cut);

/** The layer whose output the output layer takes; of feature transfer the cut, whatever hidden layers come behind it. */
function cutOf({ architecture, transfer, features_from: featuresFrom }: Probed): string | { why: string } {
  if (transfer?.kind === 'feature') return featuresFrom!;
  try {
    const head = headOf(architecture);
    const [from] = trace(architecture).find(({ layer }) => layer.name === head)!.from as [string];
    if (from === NETWORK_INPUT) return { why: 'no layer comes before the output layer' };
    divide(architecture, from);
    return from;
  } catch (problem) {
    if (problem instanceof ServiceError) return { why: 'the network has no layer whose output its output layer takes alone' };
    throw problem;
  }
}

/** Operations of the main run, where nothing ends it early. */
function trainingFlops(spec: Probed): number {
  const { architecture, features_from: from, stages, training } = spec;
  const trained = from === null ? architecture : divide(architecture, from).rest;
  const examples = Math.min(epochsOf(stages) * training.train_examples, mostStepsOf(spec) * training.batch_size);
  return PASSES * flopsPerExample(trained) * examples;
}

// The linear probe of a transfer (Alain & Bengio 2017): what was carried over stays as it is, and an output layer on it is solved. It tells what
// the base model's features are worth by themselves, beside what training them further came to.
import type { LayerSpec } from '../contract/layers.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import type { LinearProbe } from '../contract/transfer-report.js';
import { resolveSolver } from '../contract/solvers.js';
import { evaluate } from '../engine/evaluate.js';
import { evenly, type Examples } from '../engine/examples.js';
import { featuresOfThese, onFeatures, type FeaturesOf, type Trunk } from '../engine/features.js';
import { freshWeights } from '../engine/fresh-weights.js';
import type { TensorFlow } from '../engine/native.js';
import { buildNetwork } from '../engine/network.js';
import { makeObjective } from '../engine/objectives/registry.js';
import { solve } from '../engine/solve.js';
import type { TrainingData } from '../engine/training-data.js';
import { divide, nameLayers, outputShape } from '../models/architecture.js';
import { connected, inputsOf } from '../models/connections.js';
import { asTrained, outputLayerFor } from '../models/output-layer.js';
import type { Weights } from '../models/weights.js';
import { keepsFeatures, type ProbePlan } from './probe-plan.js';
import { proportionOf } from './wilson.js';

export interface Probing {
  spec: ResolvedSpec;
  data: TrainingData;
  /** What the run that became the model started from. */
  begun: Weights;
  seed: number;
  featuresOf: FeaturesOf;
  /** Awaited between calls into TensorFlow. */
  onPart: () => Promise<void>;
}

export async function measureProbe(tf: TensorFlow, { spec, data, begun, seed, featuresOf, onPart }: Probing, { cut, examples: count, iterations: maxIterations }: ProbePlan): Promise<LinearProbe> {
  const { training, target, class_names: names } = spec;
  const { trunk: architecture } = divide(spec.architecture, cut);
  const trunk: Trunk = { architecture, weights: begun };
  const featuresAt = async (some: Examples): Promise<Examples> =>
    keepsFeatures(spec, cut) ? onFeatures(some, (await featuresOf(tf, trunk, some, onPart)).rows) : featuresOfThese(tf, trunk, some, onPart);
  const chosen = evenly(data.train, count);

  const head = outputLayerOn(spec, cut);
  const objective = makeObjective(tf, { ...training, deviations: target?.scale?.deviation ?? null }, target ? null : names.length);
  const network = await buildNetwork(tf, asTrained(head, training.loss.name), freshWeights(head, seed));
  try {
    const solver = { ...resolveSolver({ name: 'lbfgs' }, chosen.count), max_iterations: maxIterations };
    const { iterations, converged } = await solve(tf, { network, objective, variables: network.variables, examples: await featuresAt(chosen), solver }, async () => {
      await onPart();
      return true;
    });
    const { measures } = await evaluate(tf, network, await featuresAt(data.test), objective);
    const metrics = Object.fromEntries(Object.entries(measures).map(([name, value]) => [`test_${name}`, value]));
    const accuracy = metrics.test_accuracy === undefined ? null : proportionOf(metrics.test_accuracy, data.test.count);
    return { layer: cut, train_examples: chosen.count, iterations, converged, metrics, accuracy };
  } finally {
    network.dispose();
  }
}

/** A network that is an output layer alone, for what the cut gives. */
function outputLayerOn({ architecture, training, target, class_names: names }: ResolvedSpec, cut: string) {
  const shape = outputShape(divide(architecture, cut).trunk);
  const output: LayerSpec = { class_name: 'Dense', config: outputLayerFor(training.loss.name, target?.names.length ?? names.length, target ? 'regression' : 'classification') };
  const layers = nameLayers(shape.length > 1 ? [{ class_name: 'Flatten' }, output] : [output]);
  return { input_shape: [...shape], layers: connected(layers, inputsOf(layers)) };
}

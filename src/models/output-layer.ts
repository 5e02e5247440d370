// The output layer of a network: which one a loss goes with, and the network as a loss takes it.
import type { LossName } from '../contract/losses.js';
import type { Task } from '../contract/task.js';
import { ServiceError } from '../contract/errors.js';
import type { Activation, Architecture, Layer } from '../contract/layers.js';
import { outputShape, trace } from './architecture.js';

/** The final activation that a loss goes with, and is computed from the logits of; null: it takes outputs as they are. */
const FINAL_ACTIVATIONS: Readonly<Record<LossName, 'softmax' | 'sigmoid' | null>> = {
  sparse_categorical_crossentropy: 'softmax',
  categorical_crossentropy: 'softmax',
  binary_crossentropy: 'sigmoid',
  mean_squared_error: null,
  mean_absolute_error: null,
  huber: null,
};

/** Settings of the Dense layer that a network ends in. */
export interface OutputLayer {
  units: number;
  activation: Activation;
}

const USUAL_ACTIVATIONS: Readonly<Record<Task, Activation>> = { classification: 'softmax', regression: 'linear' };

/**
 * The usual output layer. Over so many classes: probabilities, of each class or, for two classes and a sigmoid, of the second. For so many
 * values: those values.
 */
export const outputLayerFor = (loss: LossName, outputs: number, task: Task = 'classification'): OutputLayer => ({
  units: FINAL_ACTIVATIONS[loss] === 'sigmoid' && outputs === 2 ? 1 : outputs,
  activation: FINAL_ACTIVATIONS[loss] ?? USUAL_ACTIVATIONS[task],
});

/** The activation the network ends in; undefined where its last layer is none. An LSTM with a softmax inside gives no probabilities. */
export function finalActivation({ layers }: Architecture): Activation | undefined {
  const last = layers.at(-1)!;
  if (last.class_name === 'Softmax') return 'softmax';
  return last.class_name === 'Dense' || last.class_name === 'Activation' ? (last.config.activation ?? 'linear') : undefined;
}

/** Why the network cannot learn so many classes, or values, by the loss; undefined where it can. */
export function misfitOf(architecture: Architecture, classes: number, loss: LossName, task: Task = 'classification'): string | undefined {
  const shape = outputShape(architecture);
  if (task === 'regression') return shape.length === 1 && shape[0] === classes ? undefined : `it gives [${shape.join(', ')}] and the target of the data set is ${classes} ${classes === 1 ? 'value' : 'values'}`;
  const [wanted, activation] = [FINAL_ACTIVATIONS[loss], finalActivation(architecture)];
  // One output tells two classes apart, but for a softmax, which would always be 1.
  const isOneForTwo = classes === 2 && shape.length === 1 && shape[0] === 1 && activation !== 'softmax' && wanted !== 'softmax';
  if (!isOneForTwo && (shape.length !== 1 || shape[0] !== classes)) return `it gives [${shape.join(', ')}] and the data set has ${classes} classes`;
  return wanted !== null && activation !== wanted ? `its activation must be ${wanted}, as the loss ${loss} needs it` : undefined;
}

/**
 * Checks that the network ends in what the loss needs.
 * @throws OUTPUT_MISMATCH
 */
export function requireFittingOutput(architecture: Architecture, outputs: number, loss: LossName, task: Task = 'classification'): void {
  const why = misfitOf(architecture, outputs, loss, task);
  if (why !== undefined) throw ServiceError.of('OUTPUT_MISMATCH', architecture.layers.at(-1)!.name, why);
}

/**
 * Name of the layer whose units are the classes: going back from the end, the first with weights.
 * @throws EDIT_NOT_POSSIBLE where that is not a Dense layer, so that it cannot be fitted to other classes.
 */
export function headOf(architecture: Architecture): string {
  const traced = trace(architecture);
  const named = new Map(traced.map((layer) => [layer.layer.name, layer]));
  let at = traced.at(-1);
  while (at && at.weights.length === 0 && at.from.length === 1) at = named.get(at.from[0]!);
  if (at?.layer.class_name === 'Dense') return at.layer.name;
  throw ServiceError.of('EDIT_NOT_POSSIBLE', architecture.layers.at(-1)!.name, 'the network does not end in a Dense layer over the classes');
}

/** The same network with its head over another number of classes, or values, and the final activation that the loss goes with. */
export function fittedTo(architecture: Architecture, outputs: number, loss: LossName, task: Task = 'classification'): Architecture {
  const head = headOf(architecture);
  const { units } = outputLayerFor(loss, outputs, task);
  const layers = architecture.layers.map((layer) =>
    layer.name === head && layer.class_name === 'Dense' ? { ...layer, config: { ...layer.config, units } } : layer,
  );
  const wanted = task === 'regression' ? 'linear' : FINAL_ACTIVATIONS[loss];
  const fitted = { ...architecture, layers };
  return wanted === null || finalActivation(fitted) === wanted ? fitted : { ...fitted, layers: layers.with(-1, withActivation(layers.at(-1)!, wanted)) };
}

/** The layer with another activation; one that has none to change stays as it is. */
function withActivation(layer: Layer, activation: Activation): Layer {
  if (layer.class_name === 'Softmax') return { ...layer, class_name: 'Activation', config: { activation } };
  const hasActivation = layer.class_name === 'Dense' || layer.class_name === 'Activation';
  return hasActivation ? ({ ...layer, config: { ...layer.config, activation } } as Layer) : layer;
}

/**
 * The network as the loss takes it while training: without its final activation where the loss is computed from logits, which
 * is exact where a probability rounds to 0. The published network keeps the activation.
 */
export function asTrained(architecture: Architecture, loss: LossName): Architecture {
  if (FINAL_ACTIVATIONS[loss] === null) return architecture;
  const last = architecture.layers.at(-1)!;
  const earlier = architecture.layers.slice(0, -1);
  // The one input of the last layer is the layer before it: anything else there would lead nowhere.
  if (last.class_name === 'Activation' || last.class_name === 'Softmax') return { ...architecture, layers: earlier };
  return { ...architecture, layers: [...earlier, withActivation(last, 'linear')] };
}

/**
 * Name of the layer that gives the values by a kernel and a bias alone, so that its outputs can be in another scale; undefined where there is
 * none. Activations after it may change nothing: a softmax of its own that was replaced leaves one behind.
 */
export function linearOutput({ layers }: Architecture): string | undefined {
  // The one input of each of them is the layer before it, as in asTrained.
  const last = layers.findLast((layer) => !(layer.class_name === 'Activation' && isLinear(layer.config.activation)));
  return last?.class_name === 'Dense' && isLinear(last.config.activation) && last.config.use_bias !== false ? last.name : undefined;
}

const isLinear = (activation: Activation | undefined): boolean => (activation ?? 'linear') === 'linear';

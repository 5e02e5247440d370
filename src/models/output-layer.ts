// The output layer of a network: which one a loss goes with, and the network as a loss takes it.
import type { LossName } from '../contract/losses.js';
import type { Task } from '../contract/task.js';
import { ServiceError } from '../contract/errors.js';
import type { Activation, Architecture, Layer } from '../contract/layers.js';
import { volume } from '../contract/shape.js';
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

/** Layers behind which the same numbers lie in another shape. */
const isShaping = ({ class_name: layerClass }: Layer): boolean => layerClass === 'Reshape' || layerClass === 'Flatten';
/** Whether all values lie along the last axis: other axes are of size 1. */
const isRow = (shape: readonly number[]): boolean => volume(shape) === shape.at(-1);

/** The place of the layer that gives the values the network ends in: the last, or one before layers that take axes of size 1 away, as MobileNet V1 has. */
function endOf(architecture: Architecture): number {
  const traced = trace(architecture);
  // The one input of each of them is the layer before it: anything else there would lead nowhere.
  const place = traced.findLastIndex(({ layer }) => !isShaping(layer));
  return place >= 0 && isRow(traced[place]!.output) ? place : traced.length - 1;
}

/** The activation the network ends in; undefined where its last layer is none. An LSTM with a softmax inside gives no probabilities. */
export function finalActivation(architecture: Architecture): Activation | undefined {
  const last = architecture.layers[endOf(architecture)]!;
  if (last.class_name === 'Softmax') return 'softmax';
  return hasActivation(last) ? (last.config.activation ?? 'linear') : undefined;
}

const hasActivation = (layer: Layer): layer is Extract<Layer, { class_name: 'Dense' | 'Conv2D' | 'Activation' }> =>
  layer.class_name === 'Dense' || layer.class_name === 'Conv2D' || layer.class_name === 'Activation';

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
 * Name of the layer whose units are the classes: going back from the end, the first with weights. It may be a convolution over what is one pixel, which is a
 * Dense layer by another name.
 * @throws EDIT_NOT_POSSIBLE where it is neither, so that it cannot be fitted to other classes.
 */
export function headOf(architecture: Architecture): string {
  const traced = trace(architecture);
  const named = new Map(traced.map((layer) => [layer.layer.name, layer]));
  let at = traced.at(-1);
  while (at && at.weights.length === 0 && at.from.length === 1) at = named.get(at.from[0]!);
  if (at?.layer.class_name === 'Dense' || (at?.layer.class_name === 'Conv2D' && isRow(at.output))) return at.layer.name;
  throw ServiceError.of('EDIT_NOT_POSSIBLE', architecture.layers.at(-1)!.name, 'the network does not end in a Dense layer over the classes, or in a convolution over one pixel');
}

/** The same network with its head over another number of classes, or values, and the final activation that the loss goes with. */
export function fittedTo(architecture: Architecture, outputs: number, loss: LossName, task: Task = 'classification'): Architecture {
  const head = headOf(architecture);
  const { units } = outputLayerFor(loss, outputs, task);
  const from = architecture.layers.findIndex(({ name }) => name === head);
  const before = sizeOf(architecture.layers[from]!);
  const layers = architecture.layers.map((layer, at) => (at < from ? layer : resized(layer, before, units)));
  const wanted = task === 'regression' ? 'linear' : FINAL_ACTIVATIONS[loss];
  const fitted = { ...architecture, layers };
  const end = endOf(fitted);
  return wanted === null || finalActivation(fitted) === wanted ? fitted : { ...fitted, layers: layers.with(end, withActivation(layers[end]!, wanted)) };
}

const sizeOf = (layer: Layer): number | undefined => (layer.class_name === 'Dense' ? layer.config.units : layer.class_name === 'Conv2D' ? layer.config.filters : undefined);

/** The head, or a layer behind it, over another number of classes. */
function resized(layer: Layer, before: number | undefined, units: number): Layer {
  if (layer.class_name === 'Dense') return { ...layer, config: { ...layer.config, units } };
  if (layer.class_name === 'Conv2D') return { ...layer, config: { ...layer.config, filters: units } };
  if (layer.class_name !== 'Reshape') return layer;
  const { target_shape: shape } = layer.config;
  const at = shape.findLastIndex((size) => size === before);
  return at < 0 ? layer : { ...layer, config: { ...layer.config, target_shape: shape.with(at, units) } };
}

/** The layer with another activation; one that has none to change stays as it is. */
function withActivation(layer: Layer, activation: Activation): Layer {
  if (layer.class_name === 'Softmax') return { ...layer, class_name: 'Activation', config: { activation } };
  return hasActivation(layer) ? ({ ...layer, config: { ...layer.config, activation } } as Layer) : layer;
}

/**
 * The network as the loss takes it while training: without its final activation where the loss is computed from logits, which
 * is exact where a probability rounds to 0. The published network keeps the activation.
 */
export function asTrained(architecture: Architecture, loss: LossName): Architecture {
  return FINAL_ACTIVATIONS[loss] === null ? architecture : withoutFinalActivation(architecture);
}

/** What makes a probability of what a network gives while training: a softmax or a sigmoid of logits, or nothing, where it gives probabilities itself. */
export type ProbabilityBy = 'softmax' | 'sigmoid' | 'outputs';

/** The same of a network that is trained by the loss; null where it ends in neither, so that its outputs are no probabilities. */
export function probabilityBy(architecture: Architecture, loss: LossName): ProbabilityBy | null {
  const ofLogits = FINAL_ACTIVATIONS[loss];
  if (ofLogits !== null) return ofLogits;
  const activation = finalActivation(architecture);
  return activation === 'softmax' || activation === 'sigmoid' ? 'outputs' : null;
}

/** The loss that a network is measured by, whatever it was trained by: that of the activation it ends in, or of its outputs as they are. */
export function measuringLoss(architecture: Architecture, task: Task): LossName {
  const activation = task === 'regression' ? undefined : finalActivation(architecture);
  if (activation === 'softmax') return 'sparse_categorical_crossentropy';
  return activation === 'sigmoid' ? 'binary_crossentropy' : 'mean_squared_error';
}

/** The softmax or sigmoid that makes probabilities of what a network gives, and the network without it; null, and the network as it is, where there is none. */
export function beforeProbabilities(architecture: Architecture): { logits: Architecture; activation: 'softmax' | 'sigmoid' | null } {
  const activation = finalActivation(architecture);
  return activation === 'softmax' || activation === 'sigmoid' ? { logits: withoutFinalActivation(architecture), activation } : { logits: architecture, activation: null };
}

function withoutFinalActivation(architecture: Architecture): Architecture {
  const { layers } = architecture;
  const end = endOf(architecture);
  const last = layers[end]!;
  const isLast = end === layers.length - 1;
  // The one input of the last layer is the layer before it: anything else there would lead nowhere.
  if (isLast && (last.class_name === 'Activation' || last.class_name === 'Softmax')) return { ...architecture, layers: layers.slice(0, -1) };
  return { ...architecture, layers: layers.with(end, withActivation(last, 'linear')) };
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

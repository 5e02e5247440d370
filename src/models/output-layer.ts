// The output layer of a classifier: a softmax over as many units as there are classes.
import { ServiceError } from '../contract/errors.js';
import type { Architecture, Layer } from '../contract/layers.js';
import { outputShape, trace } from './architecture.js';

/**
 * Checks that the network ends in a softmax over the classes.
 * @throws OUTPUT_MISMATCH
 */
export function requireClassifier(architecture: Architecture, classes: number): void {
  const last = architecture.layers.at(-1)!;
  const shape = outputShape(architecture);
  if (shape.length !== 1 || shape[0] !== classes) {
    throw ServiceError.of('OUTPUT_MISMATCH', last.name, `it gives [${shape.join(', ')}] and the data set has ${classes} classes`);
  }
  if (!endsInSoftmax(last)) {
    throw ServiceError.of('OUTPUT_MISMATCH', last.name, 'its activation must be softmax, so that it gives probabilities');
  }
}

// An LSTM with a softmax inside gives no probabilities: only these end in it.
const endsInSoftmax = (last: Layer): boolean =>
  last.class_name === 'Softmax' ||
  ((last.class_name === 'Dense' || last.class_name === 'Activation') && last.config.activation === 'softmax');

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

/** The same network with its head over another number of classes. */
export function withClasses(architecture: Architecture, classes: number): Architecture {
  const head = headOf(architecture);
  const layers = architecture.layers.map((layer) =>
    layer.name === head && layer.class_name === 'Dense' ? { ...layer, config: { ...layer.config, units: classes } } : layer,
  );
  return { ...architecture, layers };
}

/**
 * The network that gives logits: the final softmax left out. Training computes the loss from logits, which is exact where
 * a probability rounds to 0; the published network keeps its softmax.
 */
export function withoutSoftmax(architecture: Architecture): Architecture {
  const last = architecture.layers.at(-1)!;
  const earlier = architecture.layers.slice(0, -1);
  // The one input of the last layer is the layer before it: anything else there would lead nowhere.
  if (last.class_name === 'Activation' || last.class_name === 'Softmax') return { ...architecture, layers: earlier };
  return { ...architecture, layers: [...earlier, { ...last, config: { ...last.config, activation: 'linear' } } as Layer] };
}

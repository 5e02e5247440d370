// From what a pretrain request asks for to a network: a named architecture, or the caller's own layers.
import type { ModelRequest } from '../contract/job-request.js';
import type { Architecture, LayerSpec } from '../contract/layers.js';
import { nameLayers, trace } from './architecture.js';
import { cnn } from './architectures/cnn.js';
import { mlp } from './architectures/mlp.js';
import { mobilenetV2 } from './architectures/mobilenet-v2.js';
import { connected, inputsOf, requireInputs } from './connections.js';

type Named = Extract<ModelRequest, { architecture: string }>;
type Architectures = {
  [A in Named['architecture']]: (model: Extract<Named, { architecture: A }>, classes: number, inputShape: readonly number[]) => LayerSpec[];
};
/** The named architectures, each with its defaults. */
const ARCHITECTURES: Architectures = {
  mlp: ({ hidden = [128] }, classes) => mlp(hidden, classes),
  cnn: ({ filters = [32, 64], hidden = [128] }, classes) => cnn(filters, hidden, classes),
  mobilenet_v2: ({ width = 1 }, classes, inputShape) => mobilenetV2(inputShape, width, classes),
};

const layersOf = (model: ModelRequest, classes: number, inputShape: readonly number[]): LayerSpec[] =>
  'layers' in model ? model.layers : ARCHITECTURES[model.architecture](model as never, classes, inputShape);

/**
 * @throws LAYER_NAME_TAKEN, INVALID_VALUE, LAYER_INPUT_UNKNOWN, LAYER_INPUT_COUNT, LAYER_UNUSED, SHAPE_MISMATCH, at the
 * layer where the caller wrote the layers
 */
export function requestedArchitecture(model: ModelRequest, inputShape: readonly number[], classes: number): Architecture {
  const pointerOf = (index: number): string => `/model/layers/${index}`;
  const layers = nameLayers(layersOf(model, classes, inputShape), [], pointerOf);
  requireInputs(layers, pointerOf);
  const architecture = { input_shape: [...inputShape], layers: connected(layers, inputsOf(layers)) };
  trace(architecture, 'layers' in model ? pointerOf : undefined);
  return architecture;
}

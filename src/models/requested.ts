// From what a pretrain request asks for to a network: a named architecture, or the caller's own layers.
import type { ModelRequest } from '../contract/job-request.js';
import type { Architecture, LayerSpec } from '../contract/layers.js';
import { nameLayers, trace } from './architecture.js';
import { cnn } from './architectures/cnn.js';
import { lenet5 } from './architectures/lenet5.js';
import { mlp } from './architectures/mlp.js';
import { mobilenetV2 } from './architectures/mobilenet-v2.js';
import { resnet } from './architectures/resnet.js';
import { tabular } from './architectures/tabular.js';
import { connected, inputsOf, requireInputs } from './connections.js';
import type { OutputLayer } from './output-layer.js';

type Named = Extract<ModelRequest, { architecture: string }>;
type Architectures = {
  [A in Named['architecture']]: (model: Extract<Named, { architecture: A }>, output: OutputLayer, inputShape: readonly number[]) => LayerSpec[];
};
/** The named architectures, each with its defaults. */
const ARCHITECTURES: Architectures = {
  mlp: ({ hidden = [128] }, output, inputShape) => mlp(inputShape, hidden, output),
  cnn: ({ filters = [32, 64], hidden = [128] }, output, inputShape) => cnn(inputShape, filters, hidden, output),
  lenet5: (_model, output, inputShape) => lenet5(inputShape, output),
  resnet: ({ depth = 20 }, output, inputShape) => resnet(inputShape, depth, output),
  mobilenet_v2: ({ width = 1 }, output, inputShape) => mobilenetV2(inputShape, width, output),
  tabular: ({ blocks = 2, width = 192, hidden_factor: hiddenFactor = 2, dropout = 0.3, residual_dropout: residualDropout = 0 }, output, inputShape) =>
    tabular(inputShape, { blocks, width, hiddenFactor, dropout, residualDropout }, output),
};

const layersOf = (model: ModelRequest, output: OutputLayer, inputShape: readonly number[]): LayerSpec[] =>
  'layers' in model ? model.layers : ARCHITECTURES[model.architecture](model as never, output, inputShape);

/**
 * @param output what a named architecture ends in; a caller's own layers have their output layer
 * @throws LAYER_NAME_TAKEN, INVALID_VALUE, LAYER_INPUT_UNKNOWN, LAYER_INPUT_COUNT, LAYER_UNUSED, SHAPE_MISMATCH, at the
 * layer where the caller wrote the layers
 */
export function requestedArchitecture(model: ModelRequest, inputShape: readonly number[], output: OutputLayer): Architecture {
  const pointerOf = (index: number): string => `/model/layers/${index}`;
  const layers = nameLayers(layersOf(model, output, inputShape), [], pointerOf);
  requireInputs(layers, pointerOf);
  const architecture = { input_shape: [...inputShape], layers: connected(layers, inputsOf(layers)) };
  trace(architecture, 'layers' in model ? pointerOf : undefined);
  return architecture;
}

// From what a pretrain request asks for to a network: a named architecture, or the caller's own layers.
import type { ModelRequest } from '../contract/job-request.js';
import type { Architecture, LayerSpec } from '../contract/layers.js';
import { nameLayers } from './architecture.js';
import { cnn } from './architectures/cnn.js';
import { mlp } from './architectures/mlp.js';

const layersOf = (model: ModelRequest, classes: number): LayerSpec[] => {
  if ('layers' in model) return model.layers;
  if (model.architecture === 'mlp') return mlp(model.hidden ?? [128], classes);
  return cnn(model.filters ?? [32, 64], model.hidden ?? [128], classes);
};

/** @throws LAYER_NAME_TAKEN */
export const requestedArchitecture = (model: ModelRequest, inputShape: readonly number[], classes: number): Architecture => ({
  input_shape: [...inputShape],
  layers: nameLayers(layersOf(model, classes), [], (index) => `/model/layers/${index}`),
});

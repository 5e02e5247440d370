// Feature transfer: the pretrained network up to a cut gives features; a new model is trained on them. The artifact is both.
import type { TransferRequest } from '../../contract/job-request.js';
import { ServiceError } from '../../contract/errors.js';
import type { Architecture, LayerSpec } from '../../contract/layers.js';
import { layerIndex, nameLayers, outputShape, weightsOf } from '../../models/architecture.js';
import { headOf } from '../../models/output-layer.js';
import type { TransferPlan, TransferTarget } from '../plan.js';

type Request = Extract<TransferRequest, { kind: 'feature' }>;

export function featureTransfer(base: Architecture, request: Request, target: TransferTarget): TransferPlan {
  const cut = cutIndex(base, request.cut ?? 'penultimate');
  const trunk: Architecture = { ...base, layers: base.layers.slice(0, cut + 1) };

  // The new model: the hidden layers asked for, then an output layer over the target's classes.
  const flatten: LayerSpec[] = outputShape(trunk).length > 1 && !request.head?.length ? [{ class_name: 'Flatten' }] : [];
  const output: LayerSpec = { class_name: 'Dense', config: { units: target.classes, activation: 'softmax' } };
  const taken = base.layers.map((layer) => layer.name);
  const newModel = nameLayers([...flatten, ...(request.head ?? []), output], taken, (index) => `/transfer/head/${index}`);

  return {
    architecture: { ...base, layers: [...trunk.layers, ...newModel] },
    inherit: weightsOf(trunk).map(({ path }) => ({ to: path, from: path })),
    newLayers: newModel.map((layer) => layer.name),
    stages: [{ trainable: newModel.map((layer) => layer.name) }],
    featuresFrom: trunk.layers.at(-1)!.name,
  };
}

/** Index of the last layer of the trunk. "penultimate" is the layer before the output layer. */
function cutIndex(base: Architecture, cut: string): number {
  if (cut !== 'penultimate') return layerIndex(base, cut, '/transfer/cut');
  const index = layerIndex(base, headOf(base)) - 1;
  if (index >= 0) return index;
  const why = 'no layer comes before the output layer, so there are no features';
  throw ServiceError.of('EDIT_NOT_POSSIBLE', base.layers[0]!.name, why).at('/transfer/cut');
}

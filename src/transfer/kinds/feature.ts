// Feature transfer: the pretrained network up to a cut gives features; a new model is trained on them. The artifact is both.
// Of the base, only what the cut's output comes from is kept.
import type { TransferRequest } from '../../contract/job-request.js';
import { ServiceError } from '../../contract/errors.js';
import { NETWORK_INPUT } from '../../contract/branches.js';
import type { Architecture, LayerSpec } from '../../contract/layers.js';
import { divide, nameLayers, outputShape, trace, upTo, weightsOf } from '../../models/architecture.js';
import { connected, inputsOf, requireInputs } from '../../models/connections.js';
import { headOf, outputLayerFor } from '../../models/output-layer.js';
import type { TransferPlan, TransferTarget } from '../plan.js';

type Request = Extract<TransferRequest, { kind: 'feature' }>;

/** @throws LAYER_UNKNOWN, EDIT_NOT_POSSIBLE, LAYER_NAME_TAKEN, LAYER_INPUT_UNKNOWN, LAYER_INPUT_COUNT, LAYER_UNUSED, SHAPE_MISMATCH, CUT_CROSSED */
export function featureTransfer(base: Architecture, request: Request, target: TransferTarget): TransferPlan {
  if (request.solver && request.head?.length) throw ServiceError.of('INVALID_VALUE', 'must be left out beside hidden layers: only an output layer alone has one best answer').at('/transfer/solver');
  const trunk = upTo(base, cutOf(base, request.cut ?? 'penultimate'), '/transfer/cut');

  // The new model: the hidden layers asked for, then an output layer over the target's classes.
  const flatten: LayerSpec[] = outputShape(trunk).length > 1 && !request.head?.length ? [{ class_name: 'Flatten' }] : [];
  const output: LayerSpec = { class_name: 'Dense', config: outputLayerFor(target.loss, target.classes, target.task) };
  const taken = base.layers.map((layer) => layer.name);
  const newModel = nameLayers([...flatten, ...(request.head ?? []), output], taken, pointerOfHead);
  const layers = [...trunk.layers, ...newModel];
  requireInputs(layers, (index) => (index < trunk.layers.length ? undefined : pointerOfHead(index - trunk.layers.length)));
  const architecture = { ...base, layers: connected(layers, inputsOf(layers)) };
  requireUncrossed(architecture, trunk.layers.at(-1)!.name);

  return {
    architecture,
    inherit: weightsOf(trunk).map(({ path }) => ({ to: path, from: path })),
    newLayers: newModel.map((layer) => layer.name),
    stages: [{ trainable: newModel.map((layer) => layer.name), ...(request.solver && { solver: request.solver }) }],
    featuresFrom: trunk.layers.at(-1)!.name,
  };
}

/** Features are computed once, so that nothing after the cut may need more than the cut's output. */
function requireUncrossed(architecture: Architecture, cut: string): void {
  try {
    divide(architecture, cut);
  } catch (problem) {
    throw problem instanceof ServiceError && problem.code === 'CUT_CROSSED' ? problem.at('/transfer/head') : problem;
  }
}

const pointerOfHead = (index: number): string => `/transfer/head/${index}`;

/** Name of the last layer of the trunk. "penultimate" is the layer whose output the output layer takes. */
function cutOf(base: Architecture, cut: string): string {
  if (cut !== 'penultimate') return cut;
  const head = headOf(base);
  const [name] = trace(base).find(({ layer }) => layer.name === head)!.from;
  if (name !== NETWORK_INPUT) return name!;
  const why = 'no layer comes before the output layer, so there are no features';
  throw ServiceError.of('EDIT_NOT_POSSIBLE', base.layers[0]!.name, why).at('/transfer/cut');
}

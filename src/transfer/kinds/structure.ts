// Structure transfer: the pretrained network's structure, edited, trained on the target. It inherits the layers whose weights
// still match, or none.
import { ServiceError } from '../../contract/errors.js';
import type { Edit, TransferRequest } from '../../contract/job-request.js';
import { isMerging } from '../../contract/branches.js';
import type { Architecture, Layer } from '../../contract/layers.js';
import { layerIndex, nameLayers, weightsOf } from '../../models/architecture.js';
import { connected, inputsOf, requireInputs } from '../../models/connections.js';
import { LAYER_RULES } from '../../models/layer-rules.js';
import { fittedTo, headOf } from '../../models/output-layer.js';
import { headInheritance } from '../head-map.js';
import type { TransferPlan, TransferTarget } from '../plan.js';

type Request = Extract<TransferRequest, { kind: 'structure' }>;

export function structureTransfer(base: Architecture, request: Request, target: TransferTarget): TransferPlan {
  const edits = request.edits ?? [];
  const edited = edits.reduce((network, edit, index) => applyEdit(network, edit, base, index), base);
  const head = headOf(edited);
  const architecture = target.head === 'keep' ? edited : fittedTo(edited, target.classes, target.loss, target.task);

  const inherited = request.inherit === 'none' ? [] : matchingWeights(base, architecture);
  const carried = target.head === 'keep' ? inherited : inherited.filter(({ layer }) => layer !== head);
  const known = new Set(carried.map(({ layer }) => layer));
  const ofHead = target.outputs?.length ? headInheritance(architecture, head, target.outputs) : [];
  return {
    architecture,
    inherit: [...carried.map(({ path }) => ({ to: path, from: path })), ...ofHead],
    newLayers: [...new Set(weightsOf(architecture).map(({ layer }) => layer))].filter((layer) => !known.has(layer)),
    stages: request.stages,
    featuresFrom: null,
  };
}

/**
 * Weights of the layers that the target has under the same name with all weights in the same shapes. No edit changes a
 * layer's class, and no inserted layer may take a name of the base.
 * A layer is inherited whole or not at all: a bias without the kernel it was learned with means nothing.
 */
function matchingWeights(base: Architecture, target: Architecture) {
  const shapes = new Map(weightsOf(base).map(({ path, shape }) => [path, shape.join()]));
  const weights = weightsOf(target);
  const changed = new Set(weights.filter(({ path, shape }) => shapes.get(path) !== shape.join()).map(({ layer }) => layer));
  return weights.filter(({ layer }) => !changed.has(layer));
}

function applyEdit(network: Architecture, edit: Edit, base: Architecture, index: number): Architecture {
  const at = (pointer: string): string => `/transfer/edits/${index}/${pointer}`;

  if ('resize' in edit) {
    const position = layerIndex(network, edit.resize, at('resize'));
    const layers = network.layers.with(position, resized(network.layers[position]!, edit.units, at('resize')));
    return { ...network, layers };
  }
  if ('remove' in edit) return without(network, layerIndex(network, edit.remove, at('remove')), at('remove'));

  const position = layerIndex(network, edit.insert_after, at('insert_after')) + 1;
  // Counting past the base's names too: a new layer must never pass for one of the base and inherit its weights.
  const taken = [...base.layers, ...network.layers].map((layer) => layer.name);
  const [inserted] = nameLayers([edit.layer], taken, () => at('layer')) as [Layer];
  return inserting(network, position, inserted, at('layer'));
}

/** Whoever took the layer before the position takes the new layer, which takes that layer, or the inputs it asks for. */
function inserting(network: Architecture, position: number, inserted: Layer, pointer: string): Architecture {
  const after = network.layers[position - 1]!.name;
  const moved = inputsOf(network.layers).map((names) => names.map((name) => (name === after ? inserted.name : name)));
  const layers = network.layers.toSpliced(position, 0, inserted);
  const inputs = moved.toSpliced(position, 0, inserted.inputs ?? [after]);
  requireInputs(layers, (index) => (index === position ? pointer : undefined));
  return { ...network, layers: connected(layers, inputs) };
}

/** Whoever took the layer takes what it took. */
function without(network: Architecture, position: number, pointer: string): Architecture {
  const { name: removed, class_name: layerClass } = network.layers[position]!;
  const refuse = (why: string): ServiceError => ServiceError.of('EDIT_NOT_POSSIBLE', removed, why).at(pointer);
  if (network.layers.length === 1) throw refuse('it is the only layer');
  if (isMerging(layerClass)) throw refuse('it merges several layers, of which none could take its place');
  const inputs = inputsOf(network.layers);
  const [taken] = inputs[position] as [string];
  const moved = inputs.map((names) => names.map((name) => (name === removed ? taken : name)));
  return { ...network, layers: connected(network.layers.toSpliced(position, 1), moved.toSpliced(position, 1)) };
}

function resized(layer: Layer, units: number, pointer: string): Layer {
  const rule = LAYER_RULES[layer.class_name];
  if ('sizedBy' in rule && rule.sizedBy) return { ...layer, config: { ...layer.config, [rule.sizedBy]: units } } as Layer;
  throw ServiceError.of('EDIT_NOT_POSSIBLE', layer.name, `a ${layer.class_name} layer has no units to resize`).at(pointer);
}

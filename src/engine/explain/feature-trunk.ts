// Where examples are alike to a network: in its features, which are what its output layer takes.
import { NETWORK_INPUT } from '../../contract/branches.js';
import type { Architecture } from '../../contract/layers.js';
import { trace, upTo } from '../../models/architecture.js';

/** The name is that of no layer of the network it stands for: it has none. */
const AS_IT_IS: Architecture['layers'] = [{ class_name: 'Activation', name: 'features', config: { activation: 'linear' } }];

/**
 * The part of the network that gives its features: all before the layer whose units are the outputs, which is, going back from the end, the first with weights. Of a network with one layer of
 * weights alone they are what that is given, which may be the input itself.
 */
export function featureTrunk(architecture: Architecture): Architecture {
  const traced = trace(architecture);
  const named = new Map(traced.map((layer) => [layer.layer.name, layer]));
  let at = traced.at(-1);
  while (at && at.weights.length === 0 && at.from.length === 1) at = named.get(at.from[0]!);
  // A merging layer at the end takes several: its own output is where they are one.
  const name = at === undefined ? NETWORK_INPUT : at.from.length === 1 ? at.from[0]! : at.layer.name;
  return name === NETWORK_INPUT ? { input_shape: architecture.input_shape, layers: AS_IT_IS } : upTo(architecture, name);
}

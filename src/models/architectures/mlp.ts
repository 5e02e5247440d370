// Multilayer perceptron: Flatten where there is something to flatten, hidden Dense layers with ReLU, an output layer. hidden [128] is the article's network.
import type { LayerSpec } from '../../contract/layers.js';
import type { OutputLayer } from '../output-layer.js';

export const mlp = (inputShape: readonly number[], hidden: readonly number[], output: OutputLayer): LayerSpec[] => [
  ...(inputShape.length > 1 ? [{ class_name: 'Flatten' } as const] : []),
  ...hidden.map((units): LayerSpec => ({ class_name: 'Dense', config: { units, activation: 'relu' } })),
  { class_name: 'Dense', config: output },
];

// Multilayer perceptron: Flatten, hidden Dense layers with ReLU, an output layer. hidden [128] is the article's network.
import type { LayerSpec } from '../../contract/layers.js';
import type { OutputLayer } from '../output-layer.js';

export const mlp = (hidden: readonly number[], output: OutputLayer): LayerSpec[] => [
  { class_name: 'Flatten' },
  ...hidden.map((units): LayerSpec => ({ class_name: 'Dense', config: { units, activation: 'relu' } })),
  { class_name: 'Dense', config: output },
];

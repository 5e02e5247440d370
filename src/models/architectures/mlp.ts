// Multilayer perceptron: Flatten, hidden Dense layers with ReLU, softmax over the classes. hidden [128] is the article's network.
import type { LayerSpec } from '../../contract/layers.js';

export const mlp = (hidden: readonly number[], classes: number): LayerSpec[] => [
  { class_name: 'Flatten' },
  ...hidden.map((units): LayerSpec => ({ class_name: 'Dense', config: { units, activation: 'relu' } })),
  { class_name: 'Dense', config: { units: classes, activation: 'softmax' } },
];

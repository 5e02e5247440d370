// Small convolutional network: blocks of 3 × 3 convolution with ReLU and 2 × 2 max pooling, then an MLP.
import type { LayerSpec } from '../../contract/layers.js';
import type { OutputLayer } from '../output-layer.js';
import { mlp } from './mlp.js';

export const cnn = (inputShape: readonly number[], filters: readonly number[], hidden: readonly number[], output: OutputLayer): LayerSpec[] => [
  ...filters.flatMap((count): LayerSpec[] => [
    { class_name: 'Conv2D', config: { filters: count, kernel_size: 3, activation: 'relu' } },
    { class_name: 'MaxPooling2D', config: { pool_size: 2 } },
  ]),
  ...mlp(inputShape, hidden, output),
];

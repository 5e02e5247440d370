// LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, Gradient-Based Learning Applied to Document Recognition, section II.B), as it is built today: two
// convolutions with pooling, then 120, 84 and the output. In the paper pooling has a learnt factor and bias, C3 takes some of the maps of S2 only, tanh is
// scaled, and outputs are distances to drawn digits; here pooling is a mean, C3 takes all maps, tanh is plain, and the output layer is Dense.
import type { LayerSpec } from '../../contract/layers.js';
import type { OutputLayer } from '../output-layer.js';
import { requireImage } from './image-input.js';

/** What the paper's network takes; a smaller image is padded by the first convolution, as MNIST's 28 × 28 are in the paper. */
const SIDE = 32;
const INPUT = { architecture: 'lenet5', layer: 'c1', leastSide: 12 };

const convolution = (name: string, filters: number, padding: 'same' | 'valid'): LayerSpec => ({
  class_name: 'Conv2D',
  name,
  config: { filters, kernel_size: 5, padding, activation: 'tanh' },
});
const pooling = (name: string): LayerSpec => ({ class_name: 'AveragePooling2D', name, config: { pool_size: 2 } });
const dense = (name: string, units: number): LayerSpec => ({ class_name: 'Dense', name, config: { units, activation: 'tanh' } });

/** @param inputShape [height, width, channels], at least 12 × 12 @throws SHAPE_MISMATCH */
export function lenet5(inputShape: readonly number[], output: OutputLayer): LayerSpec[] {
  requireImage(INPUT, inputShape);
  const padding = inputShape[0]! < SIDE || inputShape[1]! < SIDE ? 'same' : 'valid';
  return [
    convolution('c1', 6, padding),
    pooling('s2'),
    convolution('c3', 16, 'valid'),
    pooling('s4'),
    // C5 of the paper is a convolution over all that is left of the image: the same as this.
    { class_name: 'Flatten', name: 'flatten' },
    dense('c5', 120),
    dense('f6', 84),
    { class_name: 'Dense', name: 'output', config: output },
  ];
}

// The residual network for small images (He, Zhang, Ren & Sun 2015, Deep Residual Learning for Image Recognition, arXiv:1512.03385, section 4.2): a 3 × 3
// convolution, three stages of n blocks with 16, 32 and 64 filters, mean and output layer; 6n + 2 layers with weights. Shortcuts are the paper's option A:
// where a stage begins they take every second pixel and zeros for the channels that are new, and hold no parameters.
import type { LayerSpec } from '../../contract/layers.js';
import type { OutputLayer } from '../output-layer.js';
import { requireImage } from './image-input.js';

const STAGES = [16, 32, 64] as const;
const INPUT = { architecture: 'resnet', layer: 'conv', leastSide: 8 };

const convolution = (name: string, filters: number, stride: 1 | 2 = 1): LayerSpec => ({
  class_name: 'Conv2D',
  name,
  config: { filters, kernel_size: 3, strides: stride, padding: stride === 1 ? 'same' : 'valid', use_bias: false, kernel_initializer: 'he_normal' },
});
/** Momentum and epsilon are the usual ones of those who trained it again. */
const normalized = (name: string): LayerSpec => ({ class_name: 'BatchNormalization', name, config: { momentum: 0.9, epsilon: 0.00001 } });
const padded = (name: string, from: string): LayerSpec => ({ class_name: 'ZeroPadding2D', name, inputs: [from], config: { padding: 1 } });
const rectified = (name: string): LayerSpec => ({ class_name: 'ReLU', name, config: {} });

/**
 * @param inputShape [height, width, channels], at least 8 × 8
 * @param depth layers with weights, 6n + 2
 * @throws SHAPE_MISMATCH
 */
export function resnet(inputShape: readonly number[], depth: number, output: OutputLayer): LayerSpec[] {
  requireImage(INPUT, inputShape);
  const blocksPerStage = (depth - 2) / 6;
  const layers = [convolution('conv', STAGES[0]), normalized('bn'), rectified('relu')];
  let end = 'relu';
  let channels: number = STAGES[0];
  for (let block = 1; block <= 3 * blocksPerStage; block += 1) {
    const filters = STAGES[Math.ceil(block / blocksPerStage) - 1]!;
    const within = (part: string): string => `block_${block}_${part}`;
    const halves = filters !== channels;
    const shortcut = halves ? withZeros(within, end, filters - channels) : [];
    layers.push(
      ...shortcut,
      // Padded on all sides, so that kernels lie around the pixels that the shortcut takes.
      ...(halves ? [padded(within('pad'), end)] : []),
      convolution(within('conv_1'), filters, halves ? 2 : 1),
      normalized(within('bn_1')),
      rectified(within('relu_1')),
      convolution(within('conv_2'), filters),
      normalized(within('bn_2')),
      { class_name: 'Add', name: within('add'), inputs: [shortcut.at(-1)?.name ?? end, within('bn_2')] },
      rectified(within('relu_2')),
    );
    [end, channels] = [within('relu_2'), filters];
  }
  return [...layers, { class_name: 'GlobalAveragePooling2D', name: 'global_average_pooling2d' }, { class_name: 'Dense', name: 'predictions', config: output }];
}

/** Every second pixel, and `more` channels of zeros, half of them on each side: channels are padded like rows while they are the first axis. */
function withZeros(within: (part: string) => string, from: string, more: number): LayerSpec[] {
  return [
    { class_name: 'AveragePooling2D', name: within('shortcut_pick'), inputs: [from], config: { pool_size: 1, strides: 2 } },
    { class_name: 'Permute', name: within('shortcut_turn'), config: { dims: [3, 1, 2] } },
    { class_name: 'ZeroPadding2D', name: within('shortcut_zeros'), config: { padding: [[more / 2, more / 2], [0, 0]] } },
    { class_name: 'Permute', name: within('shortcut_return'), config: { dims: [2, 3, 1] } },
  ];
}

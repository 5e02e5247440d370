// MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov & Chen 2018, arXiv:1801.04381): inverted residual blocks, each of which widens
// with 1 × 1, convolves each channel by itself, and narrows with 1 × 1. Layers, names and order are those of
// keras.applications.MobileNetV2, so that weights published for it fit.
import type { LayerSpec } from '../../contract/layers.js';
import { slide } from '../layers/sizes.js';
import type { OutputLayer } from '../output-layer.js';
import { requireImage } from './image-input.js';

const INPUT = { architecture: 'mobilenet_v2', layer: 'Conv1', leastSide: 32, channels: [1, 3] };

interface Block {
  name: string;
  /** Times as many channels inside the block as before it. */
  expansion: number;
  filters: number;
  stride: 1 | 2;
}

/** Table 2 of the paper: expansion, filters, blocks, stride of the first of them. */
const TABLE = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]] as const;
const BLOCKS: readonly Block[] = TABLE.flatMap(([expansion, filters, count, stride]) =>
  Array.from({ length: count }, (_, at) => ({ expansion, filters, stride: at === 0 ? stride : 1 } as const)),
).map((block, index) => ({ ...block, name: index === 0 ? 'expanded_conv' : `block_${index}` }));

/** The multiple of 8 nearest to the count of filters, never less than nine tenths of it. */
export function wholeFilters(filters: number): number {
  const nearest = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return nearest < 0.9 * filters ? nearest + 8 : nearest;
}

const normalized = (name: string): LayerSpec => ({ class_name: 'BatchNormalization', name, config: { momentum: 0.999, epsilon: 0.001 } });
const limited = (name: string): LayerSpec => ({ class_name: 'ReLU', name, config: { max_value: 6 } });
const convolution = (name: string, filters: number, kernelSize = 1, stride = 1): LayerSpec => ({
  class_name: 'Conv2D',
  name,
  config: { filters, kernel_size: kernelSize, strides: stride, padding: 'same', use_bias: false },
});

/** What is added before a 3 × 3 kernel that moves by two, so that it begins at the same pixel for even and odd sizes. */
const paddingOf = (size: number): [number, number] => [size % 2, 1];

/**
 * @param inputShape [height, width, channels], at least 32 × 32, of 1 channel or 3
 * @param width factor on the number of filters: 0.35, 0.5, 0.75, 1, 1.3 or 1.4
 * @throws SHAPE_MISMATCH for any other input
 */
export function mobilenetV2(inputShape: readonly number[], width: number, output: OutputLayer): LayerSpec[] {
  requireImage(INPUT, inputShape);
  let [height, across] = [halved(inputShape[0]!), halved(inputShape[1]!)];
  let channels = wholeFilters(32 * width);
  let end = 'Conv1_relu';
  const layers = [convolution('Conv1', channels, 3, 2), normalized('bn_Conv1'), limited('Conv1_relu')];

  for (const block of BLOCKS) {
    const filters = wholeFilters(Math.trunc(block.filters * width));
    const within = (part: string): string => `${block.name}_${part}`;
    if (block.expansion > 1) {
      layers.push(convolution(within('expand'), block.expansion * channels), normalized(within('expand_BN')), limited(within('expand_relu')));
    }
    const padded = block.stride === 2;
    if (padded) layers.push({ class_name: 'ZeroPadding2D', name: within('pad'), config: { padding: [paddingOf(height), paddingOf(across)] } });
    layers.push(
      {
        class_name: 'DepthwiseConv2D',
        name: within('depthwise'),
        config: { kernel_size: 3, strides: block.stride, padding: padded ? 'valid' : 'same', use_bias: false },
      },
      normalized(within('depthwise_BN')),
      limited(within('depthwise_relu')),
      convolution(within('project'), filters),
      normalized(within('project_BN')),
    );
    const keepsShape = block.stride === 1 && filters === channels;
    if (keepsShape) layers.push({ class_name: 'Add', name: within('add'), inputs: [end, within('project_BN')] });
    end = within(keepsShape ? 'add' : 'project_BN');
    if (padded) [height, across] = [halved(height), halved(across)];
    channels = filters;
  }

  return [
    ...layers,
    convolution('Conv_1', width > 1 ? wholeFilters(1280 * width) : 1280),
    normalized('Conv_1_bn'),
    limited('out_relu'),
    { class_name: 'GlobalAveragePooling2D', name: 'global_average_pooling2d' },
    { class_name: 'Dense', name: 'predictions', config: output },
  ];
}

const halved = (size: number): number => slide(size, 3, 2, 'same');

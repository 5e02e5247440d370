// Dense layers and tables, and layers that arrange what they are given.
import type { DENSE_CONFIGS } from '../../contract/layers/dense.js';
import type { SHAPING_CONFIGS } from '../../contract/layers/shaping.js';
import { asMargin, asPair } from '../../models/layers/sizes.js';
import { activated } from './elementwise.js';
import type { LayerWriters } from './layer-writer.js';
import { OnnxValue } from './layout.js';

const INT64 = 7;

export const DENSE_WRITERS: LayerWriters<keyof typeof DENSE_CONFIGS> = {
  Dense: ({ model, input, output, config, weight }) => {
    const kernel = weight('kernel');
    const product = model.node('MatMul', [input.channelsLast, model.floats(kernel.values, kernel.shape)]);
    const { use_bias: hasBias = true } = config;
    const sum = hasBias ? model.node('Add', [product, model.floats(weight('bias').values, weight('bias').shape)]) : product;
    return activated(model, OnnxValue.channelsLast(model, sum, output), config.activation);
  },
  Embedding: ({ model, input, output, weight }) => {
    const { values, shape } = weight('embeddings');
    const rows = model.node('Cast', [input.channelsLast], { to: { i: INT64 } });
    return OnnxValue.channelsLast(model, model.node('Gather', [model.floats(values, shape), rows], { axis: { i: 0 } }), output);
  },
};

/** The number of examples, and then these sizes. */
const OPEN = -1;
const USUAL_PADDING = 1;

export const SHAPING_WRITERS: LayerWriters<keyof typeof SHAPING_CONFIGS> = {
  Flatten: ({ model, input, output }) => OnnxValue.channelsLast(model, model.node('Reshape', [input.channelsLast, model.integers([OPEN, ...output])]), output),
  Reshape: ({ model, input, output }) => OnnxValue.channelsLast(model, model.node('Reshape', [input.channelsLast, model.integers([OPEN, ...output])]), output),
  Permute: ({ model, input, output, config }) => OnnxValue.channelsLast(model, model.node('Transpose', [input.channelsLast], { perm: [0, ...config.dims] }), output),
  ZeroPadding2D: ({ model, input, output, config }) => {
    const [[top, bottom], [left, right]] = asMargin(config.padding, USUAL_PADDING);
    return OnnxValue.channelsFirst(model, model.node('Pad', [input.channelsFirst, model.integers([0, 0, top, left, 0, 0, bottom, right])]), output);
  },
  Cropping2D: ({ model, input, output, config }) => {
    const [[top], [left]] = asMargin(config.cropping, 0);
    const [height, width] = output as [number, number];
    const operands = [[top, left], [top + height, left + width], [2, 3]].map((values) => model.integers(values));
    return OnnxValue.channelsFirst(model, model.node('Slice', [input.channelsFirst, ...operands]), output);
  },
  UpSampling2D: ({ model, input, output, config }) => {
    const [down, across] = asPair(config.size, [2, 2]);
    const scales = model.floats(Float32Array.of(1, 1, down, across), [4]);
    // As TensorFlow did before half-pixel centres, which is what the layer does here.
    const attributes = { coordinate_transformation_mode: 'asymmetric', mode: config.interpolation === 'bilinear' ? 'linear' : 'nearest', nearest_mode: 'floor' };
    return OnnxValue.channelsFirst(model, model.node('Resize', [input.channelsFirst, '', scales], attributes), output);
  },
};

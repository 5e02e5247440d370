// Layers that summarize a window, or all of a sequence or image. They hold no weights.
import type { LayerConfig } from '../../contract/layers.js';
import type { POOLING_CONFIGS } from '../../contract/layers/pooling.js';
import type { LayerRule } from './rule.js';
import type { RulesOf } from './rules-of.js';
import { asPair, image, sequence, slide, slideOver, type Pair } from './sizes.js';

const over1D: LayerRule<LayerConfig<'MaxPooling1D'>> = {
  output(input, config) {
    const [steps, channels] = sequence(input);
    const pool = config.pool_size ?? 2;
    return [slide(steps, pool, config.strides ?? pool, config.padding ?? 'valid'), channels];
  },
  keras: (config) => ({
    pool_size: [config.pool_size ?? 2],
    strides: [config.strides ?? config.pool_size ?? 2],
    padding: config.padding ?? 'valid',
    data_format: 'channels_last',
  }),
};

const windowOf = (config: LayerConfig<'MaxPooling2D'>): { pool: Pair; strides: Pair } => {
  const pool = asPair(config.pool_size, [2, 2]);
  return { pool, strides: asPair(config.strides, pool) };
};
const over2D: LayerRule<LayerConfig<'MaxPooling2D'>> = {
  output(input, config) {
    const { pool, strides } = windowOf(config);
    return [...slideOver(input, pool, strides, config.padding ?? 'valid'), image(input)[2]];
  },
  keras(config) {
    const { pool, strides } = windowOf(config);
    return { pool_size: pool, strides, padding: config.padding ?? 'valid', data_format: 'channels_last' };
  },
};

const keras = (): object => ({ data_format: 'channels_last' });
const global1D: LayerRule<object> = { output: (input) => [sequence(input)[1]], keras };
const global2D: LayerRule<object> = { output: (input) => [image(input)[2]], keras };

export const POOLING_RULES: RulesOf<keyof typeof POOLING_CONFIGS> = {
  MaxPooling1D: over1D,
  AveragePooling1D: over1D,
  MaxPooling2D: over2D,
  AveragePooling2D: over2D,
  GlobalAveragePooling1D: global1D,
  GlobalMaxPooling1D: global1D,
  GlobalAveragePooling2D: global2D,
  GlobalMaxPooling2D: global2D,
};

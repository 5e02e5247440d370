// Layers that bring values to one mean and spread, along the last axis.
import type { LayerConfig } from '../../contract/layers.js';
import type { NORMALIZATION_CONFIGS } from '../../contract/layers/normalization.js';
import { keptTimes } from './kept.js';
import type { Shape } from '../../contract/shape.js';
import { Misfit, type WeightRule } from './rule.js';
import type { RulesOf } from './rules-of.js';
import { kerasInitializer, perChannel } from './weighted.js';

type Affine = LayerConfig<'LayerNormalization'>;

const channelsOf = (input: Shape): number => {
  if (input.length === 0) throw new Misfit('it is given a single number');
  return input.at(-1)!;
};
const affineWeights = (input: Shape, config: Affine): WeightRule[] => [
  ...(config.scale === false ? [] : [perChannel('gamma', channelsOf(input), 'ones', true)]),
  ...(config.center === false ? [] : [perChannel('beta', channelsOf(input), 'zeros', true)]),
];
const kerasAffine = (config: Affine): object => ({
  axis: -1,
  epsilon: config.epsilon ?? 0.001,
  center: config.center ?? true,
  scale: config.scale ?? true,
  beta_initializer: kerasInitializer('zeros', 'zeros'),
  gamma_initializer: kerasInitializer('ones', 'ones'),
});
const output = (input: Shape): Shape => [...input.slice(0, -1), channelsOf(input)];

export const NORMALIZATION_RULES: RulesOf<keyof typeof NORMALIZATION_CONFIGS> = {
  BatchNormalization: {
    output,
    weights: (input, config) => [
      ...affineWeights(input, config),
      perChannel('moving_mean', channelsOf(input), 'zeros', false),
      perChannel('moving_variance', channelsOf(input), 'ones', false),
    ],
    kept: keptTimes(3),
    keras: (config) => ({
      ...kerasAffine(config),
      momentum: config.momentum ?? 0.99,
      moving_mean_initializer: kerasInitializer('zeros', 'zeros'),
      moving_variance_initializer: kerasInitializer('ones', 'ones'),
    }),
  },
  // tfjs spreads statistics, scale and offset over the whole size before it uses them.
  LayerNormalization: { output, weights: affineWeights, kept: keptTimes(12), keras: kerasAffine },
  Rescaling: {
    output(input, { scale, offset = 0 }) {
      for (const factor of [scale, offset]) {
        if (Array.isArray(factor) && factor.length !== input.at(-1)) throw new Misfit(`it has ${factor.length} factors for ${input.at(-1) ?? 0} channels`);
      }
      return input;
    },
    kept: keptTimes(2),
    keras: ({ scale, offset = 0 }) => ({ scale, offset }),
  },
};

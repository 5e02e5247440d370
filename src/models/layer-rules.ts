// What each layer class does to a shape and which weights it holds: pure arithmetic, so that a network that cannot work is
// refused before anything is queued, by a process that never loads TensorFlow. The compiler demands a rule for each class.
import type { LayerClass } from '../contract/layers.js';
import { ACTIVATION_RULES } from './layers/activation.js';
import { CONVOLUTION_RULES } from './layers/convolution.js';
import { DENSE_RULES } from './layers/dense.js';
import { MERGING_RULES } from './layers/merging.js';
import { NORMALIZATION_RULES } from './layers/normalization.js';
import { POOLING_RULES } from './layers/pooling.js';
import { RECURRENT_RULES } from './layers/recurrent.js';
import { REGULARIZATION_RULES } from './layers/regularization.js';
import type { RulesOf } from './layers/rules-of.js';
import { SHAPING_RULES } from './layers/shaping.js';

export { Misfit, type DrawName, type WeightRule } from './layers/rule.js';

export const LAYER_RULES: RulesOf<LayerClass> = {
  ...DENSE_RULES,
  ...CONVOLUTION_RULES,
  ...POOLING_RULES,
  ...NORMALIZATION_RULES,
  ...REGULARIZATION_RULES,
  ...MERGING_RULES,
  ...SHAPING_RULES,
  ...ACTIVATION_RULES,
  ...RECURRENT_RULES,
};

// Activations as layers of their own.
import type { ACTIVATION_CONFIGS } from '../../contract/layers/activation.js';
import { keptActivated, keptTimes } from './kept.js';
import type { Shape } from '../../contract/shape.js';
import type { RulesOf } from './rules-of.js';

const output = (input: Shape): Shape => input;

export const ACTIVATION_RULES: RulesOf<keyof typeof ACTIVATION_CONFIGS> = {
  Activation: { output, kept: keptActivated, keras: (config) => ({ activation: config.activation }) },
  ReLU: {
    output,
    // With a limit it is cut off twice.
    kept: (input, result, config) => keptTimes(config.max_value === undefined ? 1 : 2)(input, result),
    keras: (config) => ({ max_value: config.max_value ?? null, negative_slope: 0, threshold: 0 }),
  },
  LeakyReLU: { output, keras: (config) => ({ alpha: config.alpha ?? 0.3 }) },
  Softmax: { output, keras: () => ({ axis: -1 }) },
};

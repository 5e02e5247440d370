// Layers that disturb what they pass on, while training only. They change no shape and hold no weights.
import type { REGULARIZATION_CONFIGS } from '../../contract/layers/regularization.js';
import { keptTimes } from './kept.js';
import type { Shape } from '../../contract/shape.js';
import type { RulesOf } from './rules-of.js';
import { sequence } from './sizes.js';

const output = (input: Shape): Shape => input;
const dropout = { output, kept: keptTimes(2), keras: ({ rate }: { rate: number }) => ({ rate, noise_shape: null, seed: null }) };
const noise = { output, kept: keptTimes(2), keras: (config: object) => config };

export const REGULARIZATION_RULES: RulesOf<keyof typeof REGULARIZATION_CONFIGS> = {
  Dropout: dropout,
  SpatialDropout1D: { ...dropout, output: (input) => [...sequence(input)] },
  AlphaDropout: { ...dropout, kept: keptTimes(4) },
  GaussianDropout: noise,
  GaussianNoise: noise,
};

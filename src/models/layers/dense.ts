// Dense and Embedding.
import type { DENSE_CONFIGS } from '../../contract/layers/dense.js';
import { keptActivated } from './kept.js';
import type { RulesOf } from './rules-of.js';
import { volume } from '../../contract/shape.js';
import { Misfit } from './rule.js';
import { kerasActivated, kerasInitializer, kernel, withBias } from './weighted.js';

export const DENSE_RULES: RulesOf<keyof typeof DENSE_CONFIGS> = {
  Dense: {
    output(input, config) {
      if (input.length === 0) throw new Misfit('it is given a single number');
      return [...input.slice(0, -1), config.units];
    },
    weights: (input, config) =>
      withBias([kernel('kernel', [input.at(-1)!, config.units], config.kernel_initializer)], config.units, config),
    sizedBy: 'units',
    kernelUses: (_input, output) => volume(output.slice(0, -1)),
    kept: keptActivated,
    keras: (config) => ({
      units: config.units,
      ...kerasActivated(config),
      kernel_initializer: kerasInitializer(config.kernel_initializer, 'glorot_uniform'),
    }),
  },
  // A table look-up: no kernel is multiplied.
  Embedding: {
    output: (input, config) => [...input, config.output_dim],
    weights: (_input, config) => [kernel('embeddings', [config.input_dim, config.output_dim], config.embeddings_initializer ?? 'random_uniform')],
    keras: (config) => ({
      input_dim: config.input_dim,
      output_dim: config.output_dim,
      embeddings_initializer: kerasInitializer(config.embeddings_initializer, 'random_uniform'),
      mask_zero: false,
      input_length: null,
    }),
  },
};

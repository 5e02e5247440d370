// Layers that connect everything with everything, and tables of vectors.
import Type from '../typebox.js';
import { closed } from '../schema.js';
import { initializer, units, weighted } from './settings.js';

export const DENSE_CONFIGS = {
  Dense: closed({ units, ...weighted }),
  Embedding: closed({
    input_dim: Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'Rows: one more than the largest whole number in the input.' }),
    output_dim: units,
    embeddings_initializer: Type.Optional(initializer('random_uniform')),
  }),
} as const;

// Layers that read a sequence step by step. A GRU resets before its recurrent kernel (reset_after false): TensorFlow.js has no other.
import Type from '../typebox.js';
import { closed } from '../schema.js';
import { activation, initializer } from './settings.js';

const recurrent = {
  // An orthogonal draw takes time with the cube of the units.
  units: Type.Integer({ minimum: 1, maximum: 1024 }),
  activation: Type.Optional(activation('tanh')),
  use_bias: Type.Optional(Type.Boolean({ default: true })),
  return_sequences: Type.Optional(Type.Boolean({ default: false })),
  kernel_initializer: Type.Optional(initializer('glorot_uniform')),
  recurrent_initializer: Type.Optional(initializer('orthogonal')),
};
const gated = { ...recurrent, recurrent_activation: Type.Optional(activation('sigmoid')) };

export const RECURRENT_CONFIGS = {
  SimpleRNN: closed(recurrent),
  GRU: closed(gated),
  LSTM: closed({ ...gated, unit_forget_bias: Type.Optional(Type.Boolean({ default: true, description: 'The forget gate starts with a bias of 1.' })) }),
} as const;

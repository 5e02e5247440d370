// Activations as layers of their own.
import Type from '../typebox.js';
import { closed, oneOf } from '../schema.js';
import { ACTIVATIONS } from './settings.js';

export const ACTIVATION_CONFIGS = {
  Activation: closed({ activation: oneOf(ACTIVATIONS) }),
  ReLU: closed({ max_value: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: 'Left out: no limit.' })) }),
  LeakyReLU: closed({ alpha: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 0.3, description: 'Slope below 0.' })) }),
  Softmax: closed({}),
} as const;

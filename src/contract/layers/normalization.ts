// Layers that bring values to one mean and spread: over the batch (Ioffe & Szegedy 2015), or over each example (Ba et al. 2016).
import Type from 'typebox';
import { closed } from '../schema.js';

const affine = {
  epsilon: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.001 })),
  center: Type.Optional(Type.Boolean({ default: true })),
  scale: Type.Optional(Type.Boolean({ default: true })),
};

export const NORMALIZATION_CONFIGS = {
  BatchNormalization: closed({
    momentum: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 0.99, description: 'Part of the moving statistics kept in each step.' })),
    ...affine,
  }),
  LayerNormalization: closed(affine),
} as const;

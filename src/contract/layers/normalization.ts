// Layers that bring values to one mean and spread: over the batch (Ioffe & Szegedy 2015), over each example (Ba et al.
// 2016), or by numbers that are known beforehand.
import Type from '../typebox.js';
import { closed } from '../schema.js';

const affine = {
  epsilon: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.001 })),
  center: Type.Optional(Type.Boolean({ default: true })),
  scale: Type.Optional(Type.Boolean({ default: true })),
};

const factor = (usual: number | undefined, description: string) =>
  Type.Union([Type.Number(), Type.Array(Type.Number(), { minItems: 1, maxItems: 4096 })], { ...(usual !== undefined && { default: usual }), description });

export const NORMALIZATION_CONFIGS = {
  BatchNormalization: closed({
    momentum: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 0.99, description: 'Part of the moving statistics kept in each step.' })),
    ...affine,
  }),
  LayerNormalization: closed(affine),
  Rescaling: closed({
    scale: factor(undefined, 'What values are multiplied by: one number, or one for each channel.'),
    offset: Type.Optional(factor(0, 'What is added then.')),
  }),
} as const;

// Layers that make one value of two or more.
import Type, { type TSchema } from '../typebox.js';
import type { MergingClass } from '../branches.js';
import { closed } from '../schema.js';

export const MERGING_CONFIGS = {
  Add: closed({}),
  Multiply: closed({}),
  Average: closed({}),
  Maximum: closed({}),
  Concatenate: closed({ axis: Type.Optional(Type.Literal(-1, { default: -1 })) }),
} as const satisfies Record<MergingClass, TSchema>;

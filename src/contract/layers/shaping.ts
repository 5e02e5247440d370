// Layers that arrange what they are given without computing anything from it.
import Type from '../typebox.js';
import { closed, oneOf } from '../schema.js';
import { margin, pair } from './settings.js';

export const SHAPING_CONFIGS = {
  Flatten: closed({}),
  Reshape: closed({ target_shape: Type.Array(Type.Integer({ minimum: 1, maximum: 65_536 }), { minItems: 1, maxItems: 4 }) }),
  Permute: closed({
    dims: Type.Array(Type.Integer({ minimum: 1, maximum: 4 }), {
      minItems: 1,
      maxItems: 4,
      uniqueItems: true,
      description: 'The axes in their new order, counted from 1.',
    }),
  }),
  ZeroPadding2D: closed({ padding: Type.Optional(margin) }),
  Cropping2D: closed({ cropping: Type.Optional(margin) }),
  UpSampling2D: closed({ size: Type.Optional(pair), interpolation: Type.Optional(oneOf(['nearest', 'bilinear'], { default: 'nearest' })) }),
} as const;

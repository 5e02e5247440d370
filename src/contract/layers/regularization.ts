// Layers that disturb what they pass on, while training only.
import Type from '../typebox.js';
import { closed } from '../schema.js';
import { rate } from './settings.js';

export const REGULARIZATION_CONFIGS = {
  Dropout: closed({ rate }),
  SpatialDropout1D: closed({ rate }),
  AlphaDropout: closed({ rate }),
  GaussianDropout: closed({ rate }),
  GaussianNoise: closed({ stddev: Type.Number({ minimum: 0, maximum: 1000 }) }),
} as const;

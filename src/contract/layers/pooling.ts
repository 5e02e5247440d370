// Layers that summarize what a window, or the whole of a sequence or image, holds.
import Type from '../typebox.js';
import { closed } from '../schema.js';
import { padding, pair, size } from './settings.js';

const over1D = { pool_size: Type.Optional(size), strides: Type.Optional(size), padding: Type.Optional(padding) };
const over2D = { pool_size: Type.Optional(pair), strides: Type.Optional(pair), padding: Type.Optional(padding) };

export const POOLING_CONFIGS = {
  MaxPooling1D: closed(over1D),
  AveragePooling1D: closed(over1D),
  MaxPooling2D: closed(over2D),
  AveragePooling2D: closed(over2D),
  GlobalAveragePooling1D: closed({}),
  GlobalMaxPooling1D: closed({}),
  GlobalAveragePooling2D: closed({}),
  GlobalMaxPooling2D: closed({}),
} as const;

// Full fine-tuning: everything learns from the start, at one rate.
import type { Preset } from './preset.js';

export const full: Preset = {
  rule: 'one stage, in which all layers learn',
  stages: () => [{ trainable: 'all' }],
};

// Gradual unfreezing (Howard & Ruder 2018, ULMFiT, section 3.3): the last layers learn for an epoch, then some more with them, until all do.
// With slanted triangular rates and, per block, the rate of the one after it divided by 2.6, as there.
import type { Preset } from './preset.js';

/** Its network has four groups of layers; one with more blocks is let go in four parts as well. */
const MOST_PARTS = 4;

export const gradualUnfreeze: Preset = {
  rule: 'gradual_unfreeze: the last blocks for an epoch, then more and more of them (Howard & Ruder 2018)',
  stages({ blocks, epochs }) {
    const parts = Math.min(MOST_PARTS, blocks);
    return Array.from({ length: parts }, (_, index) => ({
      trainable: { last_n: Math.ceil((blocks * (index + 1)) / parts) },
      epochs: index < parts - 1 ? 1 : Math.max(1, epochs - parts + 1),
      lr_decay_per_block: 1 / 2.6,
      schedule: { name: 'slanted_triangular' },
    }));
  },
};

// fastai's `fine_tune` (fastai/callback/schedule.py): one epoch for the new output layer alone, then everything at half the rate, the first
// block at a hundredth of that, each time in one cycle. Its optimizer is Adam with decoupled weight decay of 0.01. Momentum does not go
// up and down with the rate here, and the frozen network's batch normalisations stay as they are.
import type { Preset } from './preset.js';

const SLOWEST = 1 / 100;

export const fastaiFineTune: Preset = {
  rule: 'fastai_fine_tune: the new layers for an epoch, then all, earlier blocks more slowly (fastai’s fine_tune)',
  usual: () => ({ optimizer: { name: 'adamw', learning_rate: 0.002, weight_decay: 0.01 } }),
  stages: ({ blocks, learningRate, epochs }) => [
    { trainable: 'head', epochs: 1, learning_rate: learningRate, schedule: { name: 'one_cycle', pct_start: 0.99 } },
    {
      trainable: 'all',
      epochs,
      learning_rate: learningRate / 2,
      lr_decay_per_block: blocks > 1 ? SLOWEST ** (1 / (blocks - 1)) : 1,
      schedule: { name: 'one_cycle', pct_start: 0.3, div: 5 },
    },
  ],
};

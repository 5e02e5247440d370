// BiT-HyperRule (Kolesnikov et al. 2020; google-research/big_transfer, bit_hyperrule.py): one recipe whose length and augmentation follow from
// the number of examples. Its sizes of pictures are not followed: a data set here has one size.
import type { Preset } from './preset.js';

/** From so many examples on: steps, and the parts of them for warm-up and for each fall to a tenth. */
const LENGTHS = [
  { from: 0, steps: 500, warmup: 0.2, milestones: [0.4, 0.6, 0.8] },
  { from: 20_000, steps: 10_000, warmup: 0.05, milestones: [0.3, 0.6, 0.9] },
  { from: 500_000, steps: 20_000, warmup: 0.025, milestones: [0.3, 0.6, 0.9] },
];
const lengthOf = (examples: number) => LENGTHS.findLast(({ from }) => examples >= from)!;
const MIXUP_FROM = 20_000;

export const bitHyperrule: Preset = {
  rule: 'bit_hyperrule: all layers, for as many steps as the number of examples says (Kolesnikov et al. 2020)',
  usual: ({ trainExamples }) => ({
    optimizer: { name: 'sgd', momentum: 0.9, learning_rate: 0.003 },
    batchSize: Math.min(512, trainExamples),
    ...(trainExamples >= MIXUP_FROM && { augment: { mixup: 0.1 } }),
  }),
  stages({ trainExamples, epochs, epochsAsked }) {
    const { steps, warmup, milestones } = lengthOf(trainExamples);
    return [{ trainable: 'all', ...(epochsAsked ? { epochs } : { steps }), schedule: { name: 'step', warmup, milestones } }];
  },
};

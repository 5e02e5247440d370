// When to end training because validation gets no better: what a caller may ask for, and what a resolved spec holds.
import Type, { type Static } from './typebox.js';
import { closed } from './schema.js';

const USUAL = { metric: 'val_loss', patience: 3, min_delta: 0, restore_best: true } as const;

const SETTINGS = {
  metric: Type.String({ maxLength: 64, default: USUAL.metric, description: 'What is watched: a metric of validation, measured after each epoch.', examples: ['val_accuracy'] }),
  patience: Type.Integer({ minimum: 1, maximum: 10_000, default: USUAL.patience, description: 'Training ends after so many epochs in a row, of the last stage, none of which was the best.' }),
  min_delta: Type.Number({ minimum: 0, maximum: 1e6, default: USUAL.min_delta, description: 'An epoch is better from more than this difference on.' }),
  restore_best: Type.Boolean({ default: USUAL.restore_best, description: 'Whether the model is that of the best epoch, of any stage; else of the last.' }),
} as const;

export const EarlyStopping = closed(SETTINGS, { title: 'EarlyStopping' });
export type EarlyStopping = Static<typeof EarlyStopping>;

export const EarlyStoppingRequest = closed(
  { metric: Type.Optional(SETTINGS.metric), patience: Type.Optional(SETTINGS.patience), min_delta: Type.Optional(SETTINGS.min_delta), restore_best: Type.Optional(SETTINGS.restore_best) },
  { description: 'Ends training when validation gets no better. A baseline takes the steps of its main run, and is that of its best epoch, too.' },
);
export type EarlyStoppingRequest = Static<typeof EarlyStoppingRequest>;

/** What was asked for, with the default of everything else. */
export const resolveEarlyStopping = (asked: EarlyStoppingRequest): EarlyStopping => ({ ...USUAL, ...asked });

// Between where a run began and what it came to (WiSE-FT): what a caller may ask for, and what a resolved spec holds.
import Type, { type Static } from './typebox.js';
import { closed } from './schema.js';

/** What chooses where a caller does not say. */
export const USUAL_METRIC = 'val_loss';

const metric = Type.String({ maxLength: 64, default: USUAL_METRIC, description: 'What chooses among them: a metric of validation.', examples: ['val_accuracy'] });

export const WiseFtRequest = closed(
  { metric: Type.Optional(metric) },
  { description: 'Publishes (1 − α) θ₀ + α θ₁ with the α of 0, 0.1, …, 1 that validates best: θ₀ is where the run began or, where what is new has a stage of its own first, the end of that; θ₁ what it came to.' },
);
export type WiseFtRequest = Static<typeof WiseFtRequest>;

export const WiseFt = closed(
  { metric, after_stages: Type.Integer({ description: 'Stages that come before θ₀; 0: it is where the run began.' }) },
  { title: 'WiseFt' },
);
export type WiseFt = Static<typeof WiseFt>;

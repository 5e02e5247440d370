// The average of the weights over the steps: what a caller may ask for, and what a resolved spec holds.
import Type, { type Static } from './typebox.js';
import { closed } from './schema.js';

const USUAL_DECAY = 0.999;

const decay = Type.Number({ minimum: 0, exclusiveMaximum: 1, default: USUAL_DECAY, description: 'Part of the average that each step keeps: min(decay, (1 + t) / (10 + t)) after t steps.' });

export const Ema = closed({ decay }, { title: 'Ema' });
export type Ema = Static<typeof Ema>;

export const EmaRequest = closed(
  { decay: Type.Optional(decay) },
  { description: 'Validates and publishes an exponential moving average of the weights, in the place of those of the last step.' },
);
export type EmaRequest = Static<typeof EmaRequest>;

/** What was asked for, with the default of everything else. */
export const resolveEma = ({ decay: asked = USUAL_DECAY }: EmaRequest): Ema => ({ decay: asked });

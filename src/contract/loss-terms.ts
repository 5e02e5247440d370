// What is lowered beside the loss of the examples, each term with the settings it takes, by the names and defaults of its source.
import Type from './typebox.js';
import { choice, type Asked, type Resolved } from './choice.js';
import { modelAddress } from './model-address.js';

const strength = (description: string) => Type.Number({ minimum: 0, maximum: 1e6, default: 0.01, description });

export const LOSS_TERM_SETTINGS = {
  l2_sp: {
    alpha: strength('α of α/2 · Σ (w − w⁰)² over the weights that learn and were carried over; w⁰ is what they started from.'),
    beta: strength('β of β/2 · Σ w² over the other weights that learn.'),
  },
  distillation: {
    model: modelAddress(', or its name in the catalogue: the one to learn from, of the same classes. @default the base model'),
    temperature: Type.Number({ minimum: 0.1, maximum: 1000, default: 4, description: 'T: what the logits of both are divided by. The higher, the more is learnt of what is unlikely.' }),
    weight: Type.Number({ minimum: 0, maximum: 1, default: 0.9, description: 'a of (1 − a) · loss + a · T² · KL(teacher ‖ student).' }),
  },
} as const;
type Table = typeof LOSS_TERM_SETTINGS;
export type LossTermName = keyof Table;
/** A term as a caller names it. */
export type LossTermRequest = Asked<Table>;
/** A term with nothing left open. */
export type LossTermSettings<N extends LossTermName = LossTermName> = Resolved<Table, N>;
export const { names: LOSS_TERMS, request: LossTermRequest, settings: LossTermSettings, resolve: resolveLossTerm } = choice('LossTerm', LOSS_TERM_SETTINGS);

// What is lowered beside the loss of the examples, each term with the settings it takes, by the names and defaults of its source.
import Type from 'typebox';
import { requestSchema, resolvedSchema, withDefaults, type SettingsOf } from './choice.js';

const strength = (description: string) => Type.Number({ minimum: 0, maximum: 1e6, default: 0.01, description });

export const LOSS_TERM_SETTINGS = {
  l2_sp: {
    alpha: strength('α of α/2 · Σ (w − w⁰)² over the weights that learn and were carried over; w⁰ is what they started from.'),
    beta: strength('β of β/2 · Σ w² over the other weights that learn.'),
  },
  distillation: {
    model: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the model to learn from, or its name in the catalogue: one of the same classes. @default the base model' }),
    temperature: Type.Number({ minimum: 0.1, maximum: 1000, default: 4, description: 'T: what the logits of both are divided by. The higher, the more is learnt of what is unlikely.' }),
    weight: Type.Number({ minimum: 0, maximum: 1, default: 0.9, description: 'a of (1 − a) · loss + a · T² · KL(teacher ‖ student).' }),
  },
} as const;
type Table = typeof LOSS_TERM_SETTINGS;
export type LossTermName = keyof Table;
export const LOSS_TERMS = Object.keys(LOSS_TERM_SETTINGS) as LossTermName[];

/** A term as a caller names it. */
export type LossTermRequest = { [N in LossTermName]: { name: N } & Partial<SettingsOf<Table[N]>> }[LossTermName];
/** A term with nothing left open. */
export type LossTermSettings<N extends LossTermName = LossTermName> = { [M in N]: { name: M } & SettingsOf<Table[M]> }[N];

export const LossTermRequest = Type.Unsafe<LossTermRequest>({ $id: 'LossTermRequest', title: 'LossTermRequest', ...requestSchema(LOSS_TERM_SETTINGS) });
export const LossTermSettings = Type.Unsafe<LossTermSettings>({ $id: 'LossTerm', title: 'LossTerm', ...resolvedSchema(LOSS_TERM_SETTINGS) });

/** What was asked for, with the default of everything else. */
export const resolveLossTerm = <R extends LossTermRequest>(asked: R): LossTermSettings<R['name']> =>
  withDefaults(LOSS_TERM_SETTINGS, asked) as LossTermSettings<R['name']>;

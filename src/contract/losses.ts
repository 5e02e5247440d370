// The losses a run may lower, each with the settings it takes: names, meanings and defaults of Keras 3.
import Type, { type Static } from './typebox.js';
import { choice, type Asked, type Resolved } from './choice.js';

const labelSmoothing = Type.Number({
  minimum: 0,
  exclusiveMaximum: 1,
  default: 0,
  description: 'Part of each label that is spread evenly: over the classes, or over true and false.',
});

export const LOSS_SETTINGS = {
  sparse_categorical_crossentropy: {},
  categorical_crossentropy: { label_smoothing: labelSmoothing },
  binary_crossentropy: { label_smoothing: labelSmoothing },
  mean_squared_error: {},
  mean_absolute_error: {},
  huber: { delta: Type.Number({ minimum: 1e-6, maximum: 1e6, default: 1, description: 'Difference from which the loss grows evenly.' }) },
} as const;
type Table = typeof LOSS_SETTINGS;
export type LossName = keyof Table;
/** A loss as a caller names it. */
export type LossRequest = Asked<Table>;
/** A loss with nothing left open. */
export type LossSettings<N extends LossName = LossName> = Resolved<Table, N>;
export const { names: LOSSES, request: LossRequest, settings: LossSettings, resolve: resolveLoss } = choice('Loss', LOSS_SETTINGS);

/** How much the examples of each class count in training. */
export const ClassWeights = Type.Union(
  [
    Type.Literal('balanced'),
    Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 1e6 }), { maxProperties: 10_000 }),
  ],
  { description: '"balanced", so that all classes count alike in sum; or numbers by class name, 1 where none is given. @default every example counts alike' },
);
export type ClassWeights = Static<typeof ClassWeights>;

// Optimizers: what one gradient does to one variable, in tensors alone, so that a step can be recorded. State is kept by the
// variable's path, so that it follows the variable when what is trainable changes between stages (tfjs keeps Adam's moments by
// position, which misaligns them).
import type { Tensor, TensorFlow, Variable } from '../native.js';

export interface Optimizer {
  /** State by name, `path/slot`. Slots are made by `prepare`. */
  readonly slots: ReadonlyMap<string, Variable>;
  /** Makes the slots of variables that have none yet. To be called before the first step that moves them. */
  prepare(variables: ReadonlyMap<string, Variable>): void;
  /** Moves the variable against its gradient. Call inside a tidy. @param learningRate float32 scalar */
  update(path: string, variable: Variable, gradient: Tensor, learningRate: Tensor): void;
  dispose(): void;
}

/** The state variables of one variable, by slot. */
export type SlotsOf<S extends string> = Readonly<Record<S, Variable>>;

/** One rule: its slots with their shapes and first values, and the move. */
export interface UpdateFormula<S extends string> {
  slots: Readonly<Record<S, { like: 'weight' | 'scalar'; start: number }>>;
  move(weight: Variable, gradient: Tensor, learningRate: Tensor, slots: SlotsOf<S>): void;
}

/** The optimizer of a rule. */
export function optimizerOf<S extends string>(tf: TensorFlow, rule: UpdateFormula<S>): Optimizer {
  const slots = new Map<string, Variable>();
  const names = Object.keys(rule.slots) as S[];
  return {
    slots,
    prepare(variables) {
      for (const [path, { shape }] of variables) {
        for (const slot of names) {
          if (slots.has(`${path}/${slot}`)) continue;
          const start = tf.fill(rule.slots[slot].like === 'weight' ? shape : [], rule.slots[slot].start);
          slots.set(`${path}/${slot}`, tf.variable(start, false));
          start.dispose();
        }
      }
    },
    update(path, weight, gradient, learningRate) {
      const own = Object.fromEntries(names.map((slot) => [slot, slots.get(`${path}/${slot}`)!])) as Record<S, Variable>;
      rule.move(weight, gradient, learningRate, own);
    },
    dispose() {
      slots.forEach((slot) => slot.dispose());
      slots.clear();
    },
  };
}

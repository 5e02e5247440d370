// Optimizers: what one gradient does to one variable, in tensors alone, so that a step can be recorded. State is kept by the
// variable's path, so that it follows the variable when what is trainable changes between stages (tfjs keeps Adam's moments by
// position, which misaligns them).
import type { Tensor, TensorFlow, Variable } from '../native.js';

export interface Optimizer {
  /** State by name, `path/slot`. Slots are made by `prepare`. */
  readonly slots: ReadonlyMap<string, Variable>;
  /** Makes the slots of variables that have none yet. To be called before the first step that moves them. */
  prepare(variables: ReadonlyMap<string, Variable>): void;
  /** Makes the slots that are among the values, of these variables, and gives them those. */
  restore(variables: ReadonlyMap<string, Variable>, values: ReadonlyMap<string, Float32Array>): void;
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
  const shapeOf = (slot: S, { shape }: Variable): number[] => (rule.slots[slot].like === 'weight' ? shape : []);
  /** Adds each missing slot that has a first value. */
  const add = (variables: ReadonlyMap<string, Variable>, first: (slot: S, name: string, shape: number[]) => Tensor | undefined): void => {
    for (const [path, variable] of variables) {
      for (const slot of names) {
        const name = `${path}/${slot}`;
        const start = slots.has(name) ? undefined : first(slot, name, shapeOf(slot, variable));
        if (start) slots.set(name, tf.variable(start, false));
        start?.dispose();
      }
    }
  };
  return {
    slots,
    prepare: (variables) => add(variables, (slot, _name, shape) => tf.fill(shape, rule.slots[slot].start)),
    restore: (variables, values) => add(variables, (_slot, name, shape) => values.get(name) && tf.tensor(values.get(name)!, shape, 'float32')),
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

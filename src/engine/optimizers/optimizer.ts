// Optimizers: what one gradient does to one variable, in tensors alone, so that a step can be recorded. State is kept by the
// variable's path, so that it follows the variable when what is trainable changes between stages (tfjs keeps Adam's moments by
// position, which misaligns them).
import type { Tensor, TensorFlow, Variable } from '../native.js';

export interface Optimizer {
  /** State by name, `path/slot`. Slots are made by `prepare`. */
  readonly slots: ReadonlyMap<string, Variable>;
  /** Makes the slots of variables that have none yet. To be called before each stretch of steps, with all that it moves, and all of that moves in each step. */
  prepare(variables: ReadonlyMap<string, Variable>): void;
  /** Makes the slots that are among the values, of these variables, and gives them those. */
  restore(variables: ReadonlyMap<string, Variable>, values: ReadonlyMap<string, Float32Array>): void;
  /** One step: moves each variable against its gradient, in order. Call inside a tidy. */
  update(moves: readonly Move[]): void;
  dispose(): void;
}

/** What a step does to one variable. */
export interface Move {
  path: string;
  weight: Variable;
  gradient: Tensor;
  /** float32 scalar. */
  learningRate: Tensor;
}

/** The state variables of one variable, by slot. */
export type SlotsOf<S extends string> = Readonly<Record<S, Variable>>;

/** One rule: its slots with their shapes and first values, and the move. */
export interface UpdateFormula<S extends string, C> {
  slots: Readonly<Record<S, { like: 'weight' | 'scalar'; start: number }>>;
  /** What depends on scalar slots alone: made once a step for all variables in which those are equal. */
  common(slots: SlotsOf<S>): C;
  move(move: Move, slots: SlotsOf<S>, common: C): void;
}

/** The optimizer of a rule. */
export function optimizerOf<S extends string, C>(tf: TensorFlow, rule: UpdateFormula<S, C>): Optimizer {
  const slots = new Map<string, Variable>();
  const names = Object.keys(rule.slots) as S[];
  /** By path, the values of its scalar slots when it was prepared. Those that were equal stay so: they move in the same steps. */
  const scalars = new Map<string, string>();
  const slotsOf = (path: string): SlotsOf<S> => Object.fromEntries(names.map((slot) => [slot, slots.get(`${path}/${slot}`)!])) as Record<S, Variable>;
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
    prepare(variables) {
      add(variables, (slot, _name, shape) => tf.fill(shape, rule.slots[slot].start));
      const scalarSlots = names.filter((slot) => rule.slots[slot].like === 'scalar');
      for (const path of variables.keys()) scalars.set(path, scalarSlots.map((slot) => slotsOf(path)[slot].dataSync()[0]).join());
    },
    restore: (variables, values) => add(variables, (_slot, name, shape) => values.get(name) && tf.tensor(values.get(name)!, shape, 'float32')),
    update(moves) {
      const commons = new Map<string, C>();
      for (const move of moves) {
        const own = slotsOf(move.path);
        const equal = scalars.get(move.path)!;
        if (!commons.has(equal)) commons.set(equal, rule.common(own));
        rule.move(move, own, commons.get(equal)!);
      }
    },
    dispose() {
      slots.forEach((slot) => slot.dispose());
      slots.clear();
    },
  };
}

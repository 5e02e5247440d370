// Updates that TensorFlow's own operation performs, in place and in one pass over the variable.
import { check } from '../check.js';
import type { Program, Update, UpdateRule, ValueId } from '../program.js';
import { prune } from './prune.js';

interface NativeUpdate {
  op: string;
  /** Roles in the order of the operation's inputs: first the variables, then the operands. */
  variables: readonly string[];
  operands: readonly string[];
  /** Its boolean attributes. */
  flags: Readonly<Record<string, boolean>>;
}

export const NATIVE_UPDATES: Readonly<Record<UpdateRule, NativeUpdate>> = {
  sgd: { op: 'ResourceApplyGradientDescent', variables: ['weight'], operands: ['learningRate', 'gradient'], flags: { use_locking: false } },
  momentum: {
    op: 'ResourceApplyMomentum',
    variables: ['weight', 'velocity'],
    operands: ['learningRate', 'gradient', 'momentum'],
    flags: { use_locking: false, use_nesterov: false },
  },
  nesterov: {
    op: 'ResourceApplyMomentum',
    variables: ['weight', 'velocity'],
    operands: ['learningRate', 'gradient', 'momentum'],
    flags: { use_locking: false, use_nesterov: true },
  },
  rmsprop: {
    op: 'ResourceApplyRMSProp',
    variables: ['weight', 'square', 'velocity'],
    operands: ['learningRate', 'rho', 'momentum', 'epsilon', 'gradient'],
    flags: { use_locking: false },
  },
  adam: {
    op: 'ResourceApplyAdam',
    variables: ['weight', 'mean', 'square'],
    operands: ['beta1Power', 'beta2Power', 'learningRate', 'beta1', 'beta2', 'epsilonHat', 'gradient'],
    flags: { use_locking: false, use_nesterov: false },
  },
};

/**
 * Leaves updates to TensorFlow where, made one after the other in the variables themselves, they come to what is written. An update
 * of a variable that any other part of the step changes too stays as recorded.
 */
export function nativeUpdates(program: Program): Program {
  let inPlace = program.updates;
  for (;;) {
    const left = inPlace.filter(({ variables }) => [...variables.values()].every((name) => isWhole(name, inPlace, program)));
    if (left.length === inPlace.length) break;
    // An update that is not made in place is missing in the chains of its other variables.
    inPlace = left;
  }
  const writes = new Map(program.writes);
  for (const { variables } of inPlace) for (const name of variables.values()) writes.delete(name);
  const updates = program.updates.map((update): Update =>
    inPlace.includes(update) ? { ...update, native: true, starts: new Map(), results: new Map() } : update,
  );
  return prune(check({ ...readingUpdated(program, new Set(inPlace.flatMap(({ variables }) => [...variables.values()]))), writes, updates }));
}

/** The program with what is made of a variable's new value reading it from the variable itself: it is not computed a second time beside the update. */
function readingUpdated(program: Program, changed: ReadonlySet<string>): Program {
  const [types, sources] = [new Map(program.types), new Map(program.sources)];
  const stands = new Map<ValueId, ValueId>();
  for (const name of changed) {
    const result = program.writes.get(name)!;
    const id = Math.max(...types.keys()) + 1;
    types.set(id, types.get(result)!);
    sources.set(id, { kind: 'updated', name });
    stands.set(result, id);
  }
  const now = <K>(entries: ReadonlyMap<K, ValueId>): Map<K, ValueId> => new Map([...entries].map(([name, id]) => [name, stands.get(id) ?? id]));
  const operations = program.operations.map((operation) => ({ ...operation, inputs: operation.inputs.map((id) => stands.get(id) ?? id) }));
  return { ...program, types, sources, operations, outputs: now(program.outputs) };
}

/** Whether these updates are all that happens to a variable: each starts from what the one before it left, the last leaves what is written. */
function isWhole(name: string, updates: readonly Update[], { sources, writes }: Program): boolean {
  const [begin] = [...sources].find(([, source]) => source.kind === 'variable' && source.name === name) ?? [];
  let held = begin;
  for (const { variables, starts, results } of updates) {
    for (const [role, changed] of variables) {
      if (changed !== name) continue;
      if (starts.get(role) !== held) return false;
      held = results.get(role);
    }
  }
  return writes.get(name) === held;
}

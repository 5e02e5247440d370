// Rewrites of a program: pure functions, each ending in the same check.
import { check } from './check.js';
import type { Program, ValueId } from './program.js';

/** Drops what neither a write nor an output needs. No operation of a program has an effect of its own. */
export function prune(program: Program): Program {
  const needed = new Set<ValueId>([...program.writes.values(), ...program.outputs.values()]);
  const operations = program.operations.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some((id) => needed.has(id))) return false;
    inputs.forEach((id) => needed.add(id));
    return true;
  });
  const made = new Set(operations.flatMap(({ outputs }) => outputs));
  const keeps = <T>(entries: ReadonlyMap<ValueId, T>): Map<ValueId, T> =>
    new Map([...entries].filter(([id]) => needed.has(id) || made.has(id)));
  return check({ ...program, operations: operations.toReversed(), sources: keeps(program.sources), types: keeps(program.types) });
}

/**
 * Writes Maximum(a, b) as −Minimum(−a, −b), which is the same to the bit. TensorFlow 2.21's graph optimizer takes
 * Maximum(x, Mul(x, c)) for a leaky ReLU of slope c, whatever c is; above 1 that is the minimum (found by the test of random
 * programs; docs/decisions.md, "Maximum is written with Minimum").
 */
export function withoutMaximum(program: Program): Program {
  const types = new Map(program.types);
  let next = Math.max(-1, ...types.keys()) + 1;
  const operations = program.operations.flatMap((operation) => {
    if (operation.op !== 'Maximum') return [operation];
    const { attributes, inputs, outputs } = operation;
    const negated = (of: ValueId): ValueId => {
      types.set(next, types.get(of)!);
      return next++;
    };
    const operands = inputs.map((id) => ({ op: 'Neg', attributes, inputs: [id], outputs: [negated(id)] }));
    const least = { op: 'Minimum', attributes, inputs: operands.flatMap((one) => one.outputs), outputs: [negated(outputs[0]!)] };
    return [...operands, least, { op: 'Neg', attributes, inputs: least.outputs, outputs }];
  });
  return check({ ...program, types, operations });
}

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

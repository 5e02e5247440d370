// What nothing needs is left out.
import { check } from '../check.js';
import type { Program, ValueId } from '../program.js';

/** Drops what neither a write nor an output needs. No operation of a program has an effect of its own. */
export function prune(program: Program): Program {
  const performed = program.updates.filter(({ native }) => native).flatMap(({ operands }) => [...operands.values()]);
  const needed = new Set<ValueId>([...program.writes.values(), ...program.outputs.values(), ...performed]);
  const operations = program.operations.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some((id) => needed.has(id))) return false;
    inputs.forEach((id) => needed.add(id));
    return true;
  });
  const made = new Set(operations.flatMap(({ outputs }) => outputs));
  const keeps = <T>(entries: ReadonlyMap<ValueId, T>): Map<ValueId, T> =>
    new Map([...entries].filter(([id]) => needed.has(id) || made.has(id)));
  const types = keeps(program.types);
  // An update is told of only as long as all it names is there.
  const updates = program.updates.filter(({ operands, starts, results }) => [operands, starts, results].every((values) => [...values.values()].every((id) => types.has(id))));
  return check({ ...program, operations: operations.toReversed(), sources: keeps(program.sources), types, updates });
}

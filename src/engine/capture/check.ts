// The rules every program keeps. Each pass over a program ends here.
import { CaptureError } from './capture-error.js';
import type { Program, ValueId } from './program.js';

/** @returns the program itself. @throws CaptureError unbound_value, assigned_twice */
export function check(program: Program): Program {
  const known = new Set<ValueId>(program.sources.keys());
  const use = (id: ValueId, by: string): void => {
    if (!known.has(id)) throw new CaptureError('unbound_value', by);
  };
  for (const [index, { op, inputs, outputs }] of program.operations.entries()) {
    const place = `operation ${index}, ${op}`;
    for (const id of inputs) use(id, place);
    for (const id of outputs) {
      if (known.has(id)) throw new CaptureError('assigned_twice', place);
      if (!program.types.has(id)) throw new CaptureError('unbound_value', `${place}, a result without a type`);
      known.add(id);
    }
  }
  for (const { rule, operands, starts, results } of program.updates) {
    for (const [role, id] of [...operands, ...starts, ...results]) use(id, `${rule}, ${role}`);
  }
  for (const [name, id] of program.writes) use(id, `the new value of ${name}`);
  for (const [name, id] of program.outputs) use(id, `the result ${name}`);
  return program;
}

// How a pass changes a program: it looks at one operation after the other and may put others in its place, or say that its
// result is a value that exists already.
import { check } from '../check.js';
import type { Operation, Program, ValueId, ValueType } from '../program.js';
import { prune } from './prune.js';

/** What a rule sees of the program around the operation, as rewritten so far. */
export interface Surroundings {
  typeOf(id: ValueId): ValueType;
  /** The operation that makes the value; undefined for inputs, variables and constants. */
  makerOf(id: ValueId): Operation | undefined;
  /** The elements of an int32 constant; undefined for anything else. */
  integersOf(id: ValueId): readonly number[] | undefined;
  /** A new value. */
  value(type: ValueType): ValueId;
  /** A new int32 constant. */
  integers(values: readonly number[]): ValueId;
}

/** What stands in the place of an operation; undefined leaves it. */
export type Replacement = { operations: Operation[] } | { sameAs: ValueId } | undefined;
export type Rule = (operation: Operation, around: Surroundings) => Replacement;

/** Applies a rule to each operation in order, and leaves out what nothing needs any more. */
export function rewrite(program: Program, rule: Rule): Program {
  const types = new Map(program.types);
  const sources = new Map(program.sources);
  const makers = new Map<ValueId, Operation>();
  const stands = new Map<ValueId, ValueId>();
  const now = (id: ValueId): ValueId => stands.get(id) ?? id;
  let next = Math.max(-1, ...types.keys()) + 1;

  const around: Surroundings = {
    typeOf: (id) => types.get(id)!,
    makerOf: (id) => makers.get(id),
    integersOf(id) {
      const source = sources.get(id);
      if (source?.kind !== 'constant' || types.get(id)!.dtype !== 'int32') return undefined;
      return [...new Int32Array(source.bytes.slice().buffer)];
    },
    value(type) {
      types.set(next, type);
      return next++;
    },
    integers(values) {
      const id = around.value({ dtype: 'int32', shape: [values.length] });
      sources.set(id, { kind: 'constant', bytes: new Uint8Array(Int32Array.from(values).buffer) });
      return id;
    },
  };

  const operations = program.operations.flatMap((before) => {
    const operation = { ...before, inputs: before.inputs.map(now) };
    const replacement = rule(operation, around);
    if (replacement && 'sameAs' in replacement) {
      stands.set(operation.outputs[0]!, replacement.sameAs);
      return [];
    }
    const placed = replacement?.operations ?? [operation];
    for (const one of placed) for (const output of one.outputs) makers.set(output, one);
    return placed;
  });

  const renamed = <K>(entries: ReadonlyMap<K, ValueId>): Map<K, ValueId> => new Map([...entries].map(([name, id]) => [name, now(id)]));
  const updates = program.updates.map((update) => ({
    ...update,
    operands: renamed(update.operands),
    starts: renamed(update.starts),
    results: renamed(update.results),
  }));
  return prune(check({ types, sources, operations, updates, writes: renamed(program.writes), outputs: renamed(program.outputs) }));
}

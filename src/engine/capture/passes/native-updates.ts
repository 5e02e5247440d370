// Updates that TensorFlow's own operation performs, in place and in one pass over the variable.
import { check } from '../check.js';
import type { Program, Update, UpdateRule } from '../program.js';
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

/** Leaves an update to TensorFlow where what it gives is what is written; where a later part of the step changes the variable again, it stays as recorded. */
export function nativeUpdates(program: Program): Program {
  const writes = new Map(program.writes);
  const updates = program.updates.map((update): Update => {
    const changed = [...update.variables];
    if (!changed.every(([role, name]) => writes.get(name) === update.results.get(role))) return update;
    for (const [, name] of changed) writes.delete(name);
    return { ...update, native: true, results: new Map() };
  });
  return prune(check({ ...program, writes, updates }));
}

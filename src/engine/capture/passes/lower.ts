// From a recorded program to the one that is written as a graph: every rewrite, in order. Each is optional: without it the
// values are the same, up to the last bits where an operation sums in another order.
import type { Program } from '../program.js';
import { biasAdd, plainMatMul } from './dense.js';
import { nativeUpdates } from './native-updates.js';
import { withoutNoOps } from './no-ops.js';
import { rewrite, type Rule } from './rewrite.js';
import { withoutMaximum } from './without-maximum.js';

/** The gradient of a bias stays a sum (docs/decisions/recorded-steps.md, "The gradient of a bias"). */
const RULES: readonly Rule[] = [withoutNoOps, plainMatMul, biasAdd, withoutNoOps, withoutMaximum];

export const lower = (program: Program): Program => nativeUpdates(RULES.reduce(rewrite, program));

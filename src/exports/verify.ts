// How far an export lies from the network it was made of: on inputs of a data set, or on inputs made of those of the golden pairs.
import type { Architecture } from '../contract/layers.js';
import { volume } from '../contract/shape.js';
import { batchSizeFor } from '../engine/forward.js';
import { stream } from '../engine/random.js';
import type { Golden } from '../models/bundle.js';
import type { Weights } from '../models/weights.js';
import type { Runner } from './formats/format.js';

/** Rows of inputs, one after the other. */
export interface Inputs {
  values: Float32Array;
  count: number;
}

/**
 * Those of the golden pairs, and mixtures of them: each value is that of one of the pairs in its place, so that it is one that the network may be
 * given, be it a pixel or the row of a table. The same for the same pairs.
 */
export function goldenInputs({ inputs }: Golden, count: number): Inputs {
  const width = inputs[0]!.length;
  const values = new Float32Array(count * width);
  const drawn = stream(0, 'export/inputs');
  for (let row = 0; row < count; row += 1) {
    for (let at = 0; at < width; at += 1) values[row * width + at] = (inputs[row] ?? inputs[drawn.below(inputs.length)]!)[at]!;
  }
  return { values, count };
}

/** What a runner gives for all of them. @param onRows awaited after each batch, told how many rows it had; what it throws ends the work */
export async function outputsOf(runner: Runner, architecture: Architecture, { values, count }: Inputs, onRows: (rows: number) => Promise<void>, rowsAtOnce = Infinity): Promise<Float32Array> {
  const width = volume(architecture.input_shape);
  const most = Math.min(batchSizeFor(architecture), rowsAtOnce);
  let outputs: Float32Array | undefined;
  for (let from = 0; from < count; from += most) {
    const rows = Math.min(most, count - from);
    const some = await runner.run(values.slice(from * width, (from + rows) * width), rows);
    outputs ??= new Float32Array((some.length / rows) * count);
    outputs.set(some, (some.length / rows) * from);
    await onRows(rows);
  }
  return outputs ?? new Float32Array(0);
}

/** The largest difference of two outputs in one place; Infinity where one is no number. */
export function largestDifference(some: Float32Array, others: Float32Array): number {
  if (some.length !== others.length) return Infinity;
  let largest = 0;
  for (let at = 0; at < some.length; at += 1) {
    const difference = Math.abs(some[at]! - others[at]!);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

/** How far a runtime that sums in another order may lie off, as a multiple of how far the network moves when each weight is rounded otherwise. */
const ROUNDINGS = 4;
/** One unit in the last place of a float. */
const LAST_PLACE = 2 ** -23;

/** The weights, each off by one unit in the last place, up or down. The same for the same weights. */
export function shaken(weights: Weights): Weights {
  const drawn = stream(0, 'export/shaken');
  return new Map([...weights].map(([path, values]) => [path, values.map((value) => value * (1 + (drawn.below(2) === 0 ? LAST_PLACE : -LAST_PLACE)))]));
}

/**
 * The largest difference that is accepted: that of the format, for outputs up to 1 and of larger ones as many times more; or of a network that turns
 * roundings into more than that, as deep ones with large weights do, a few times as much as those come to.
 * @param expected outputs of the network @param ofShaken the same with shaken weights
 */
export function accepted(tolerance: number, expected: Float32Array, ofShaken: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return Math.max(tolerance * largest, ROUNDINGS * largestDifference(ofShaken, expected));
}

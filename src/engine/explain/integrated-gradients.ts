// Integrated gradients (Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365): what each number of the input has to do with the
// output not being that of a baseline. The gradient is averaged on the straight way from the baseline x' to the input x, and each number gets (x − x') of it; together
// they are F(x) − F(x'), but for what steps leave out.
import { ServiceError } from '../../contract/errors.js';
import { trace } from '../../models/architecture.js';
import { joined } from '../joined.js';
import type { TensorFlow } from '../native.js';
import { valuesOf } from '../values.js';
import { columnOf, goOn, inputTensor, outputsFor, requireSubject, type OnCall, type Subject } from './subject.js';

export interface IntegratedGradients {
  /** Share of each number of the input, in its order: float32. */
  values: Float32Array;
  /** Σ of the shares. */
  sum: number;
  /** F(x) − F(x'): what the sum should be. */
  difference: number;
  /** Places on the way where the gradient was taken. */
  steps: number;
  /** Whether sum and difference agree within 1 % of the difference, or as well as float32 can tell. Where they do not, more steps than are allowed would be needed. */
  complete: boolean;
}

export interface GradientsWanted {
  /** x', prepared as the input is: an input that stands for nothing, such as black or the mean. */
  baseline: Float32Array;
  /** @default 800 */
  mostSteps?: number;
  /** @default nothing */
  onCall?: OnCall;
}

const FIRST_STEPS = 50;
const MOST_STEPS = 800;
/** Of the difference. */
const TOLERANCE = 0.01;
/** Of the larger output, or of 1: two outputs that differ by less are the same to float32 sums of some thousand terms. */
const ROUNDING = 1e-5;
/** Numbers that a call keeps until its gradients are known: 128 MiB. */
const MOST_KEPT = 2 ** 25;
const MOST_AT_ONCE = 64;

/**
 * By the midpoint rule: with 50 steps, then with twice as many until the sum is within 1 % of the difference, or as many as are allowed have not been enough.
 * @throws RangeError where the baseline has another size; OUTPUT_NOT_FINITE
 */
export async function integratedGradients(tf: TensorFlow, subject: Subject, { baseline, mostSteps = MOST_STEPS, onCall = goOn }: GradientsWanted): Promise<IntegratedGradients> {
  const { input } = subject;
  for (const one of [input, baseline]) requireSubject({ ...subject, input: one });
  const outputs = await outputsFor(tf, subject, { count: 2, rows: (from, to) => joined([input, baseline].slice(from, to)) }, onCall);
  const [ofInput, ofBaseline] = [outputs[0]!, outputs[1]!];
  const difference = ofInput - ofBaseline;
  const enough = Math.max(TOLERANCE * Math.abs(difference), ROUNDING * Math.max(1, Math.abs(ofInput), Math.abs(ofBaseline)));
  for (let steps = Math.min(FIRST_STEPS, mostSteps); ; steps = Math.min(2 * steps, mostSteps)) {
    const gradient = await meanGradient(tf, subject, { baseline, steps, onCall });
    // Adding 0 makes a 0 of −0, which is what a number that has not moved would get of a negative gradient.
    const values = Float32Array.from(gradient, (mean, at) => (input[at]! - baseline[at]!) * mean + 0);
    const sum = values.reduce((total, value) => total + value, 0);
    if (!Number.isFinite(sum)) throw ServiceError.of('OUTPUT_NOT_FINITE');
    const complete = Math.abs(sum - difference) <= enough;
    if (complete || steps >= mostSteps) return { values, sum, difference, steps, complete };
  }
}

/** Of the output by the input, over the middles of so many pieces of the way. */
async function meanGradient(tf: TensorFlow, subject: Subject, { baseline, steps, onCall }: { baseline: Float32Array; steps: number; onCall: OnCall }): Promise<Float64Array> {
  const { network, input, output } = subject;
  const atOnce = stepsAtOnce(subject);
  const total = new Float64Array(input.length);
  for (let from = 0; from < steps; from += atOnce) {
    const count = Math.min(atOnce, steps - from);
    const rows = new Float32Array(count * input.length);
    for (let row = 0; row < count; row += 1) {
      const share = (from + row + 0.5) / steps;
      for (let at = 0; at < input.length; at += 1) rows[row * input.length + at] = baseline[at]! + share * (input[at]! - baseline[at]!);
    }
    const some = valuesOf(tf, () => {
      const gradients = tf.grad((inputs) => tf.sum(columnOf(tf, network.apply(inputs, false), output)))(inputTensor(tf, subject, rows));
      return tf.reshape(tf.sum(gradients, 0), [input.length]);
    });
    for (let at = 0; at < total.length; at += 1) total[at]! += some[at]! / steps;
    await onCall();
  }
  return total;
}

/** A wide network's activations are kept for few of them. */
function stepsAtOnce({ network: { architecture } }: Subject): number {
  const kept = trace(architecture).reduce((sum, layer) => sum + layer.kept, 0);
  return Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(MOST_KEPT / kept)));
}

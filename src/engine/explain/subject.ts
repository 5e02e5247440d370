// What is explained: one output of a network, for one example.
import { ServiceError } from '../../contract/errors.js';
import { volume } from '../../contract/shape.js';
import { outputShape } from '../../models/architecture.js';
import { batchSizeFor } from '../forward.js';
import type { Tensor, TensorFlow } from '../native.js';
import type { Network } from '../network.js';
import { valuesOf } from '../values.js';

export interface Subject {
  network: Network;
  /** One example, prepared: float32, row-major as `network.architecture.input_shape`. */
  input: Float32Array;
  /** Index of the output that is explained: a logit (the network comes without softmax or sigmoid), or a value. */
  output: number;
}

/** One output of each example: [batch, …outputs] → [batch]. Call inside a tidy. @param output one that it has */
export function columnOf(tf: TensorFlow, outputs: Tensor, output: number): Tensor {
  const [batch = 0, ...rest] = outputs.shape;
  const width = volume(rest);
  return tf.reshape(tf.slice(tf.reshape(outputs, [batch, width]), [0, output], [batch, 1]), [batch]);
}

/** Rows of prepared numbers as the network takes them: float32 [rows, …input]. */
export const inputTensor = (tf: TensorFlow, { network: { architecture } }: Pick<Subject, 'network'>, rows: Float32Array): Tensor =>
  tf.tensor(rows, [rows.length / volume(architecture.input_shape), ...architecture.input_shape], 'float32');

/** Awaited after each call into TensorFlow; what it throws ends the work. */
export type OnCall = () => Promise<void>;
export const goOn: OnCall = async () => undefined;

export interface OtherInputs {
  count: number;
  /** The rows [from, to), prepared as the input is, one after the other. */
  rows: (from: number, to: number) => Float32Array;
}

/**
 * The output for other inputs than the subject's own: one number for each.
 * @throws OUTPUT_NOT_FINITE
 */
export async function outputsFor(tf: TensorFlow, { network, output }: Pick<Subject, 'network' | 'output'>, { count, rows }: OtherInputs, onCall: OnCall): Promise<Float32Array> {
  const values = new Float32Array(count);
  const most = batchSizeFor(network.architecture);
  for (let from = 0; from < count; from += most) {
    const some = rows(from, Math.min(from + most, count));
    values.set(valuesOf(tf, () => columnOf(tf, network.apply(inputTensor(tf, { network }, some), false), output)), from);
    await onCall();
  }
  if (!values.every(Number.isFinite)) throw ServiceError.of('OUTPUT_NOT_FINITE');
  return values;
}

/**
 * Checked before there are gradients: what fails within them leaves tensors behind.
 * @throws RangeError where there are not as many numbers as the network takes, or no such output
 */
export function requireSubject({ network: { architecture }, input, output }: Subject): void {
  const [width, outputs] = [volume(architecture.input_shape), volume(outputShape(architecture))];
  if (input.length !== width) throw new RangeError(`the network takes ${width} numbers, not ${input.length}`);
  if (!(Number.isInteger(output) && output >= 0 && output < outputs)) throw new RangeError(`the network has ${outputs} outputs, none of index ${output}`);
}

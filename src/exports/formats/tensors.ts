// Models that TensorFlow.js runs, in Node on the native engine.
import type { Tensor, TensorFlow } from '../../engine/native.js';
import { valuesOf } from '../../engine/values.js';
import type { Runner } from './format.js';

interface Predicting {
  predict(inputs: Tensor): unknown;
  dispose(): unknown;
}

/** @param shape of one input */
export const tensorRunner = (tf: TensorFlow, model: Predicting, shape: readonly number[]): Runner => ({
  async run(inputs, rows) {
    return valuesOf(tf, () => model.predict(tf.tensor(inputs, [rows, ...shape], 'float32')) as Tensor);
  },
  close: () => void model.dispose(),
});

/** What is between these bytes alone, as tf.io takes it. */
export const ownBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer => buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;

// A network over all examples, in order and without training: loss and accuracy, or its outputs.
import { batches, inOrder, type Examples } from './examples.js';
import { crossEntropy } from './loss.js';
import type { TensorFlow } from './native.js';
import type { Network } from './network.js';

/** Examples computed at once. Larger is not faster on two cores, and needs memory. */
const BATCH = 500;

/** Mean loss and accuracy of a network that gives logits. */
export function evaluate(tf: TensorFlow, network: Network, examples: Examples): { loss: number; accuracy: number } {
  let loss = 0;
  let correct = 0;
  for (const indices of batches(inOrder(examples.count), BATCH)) {
    const [batchLoss, batchAccuracy] = tf.tidy(() => {
      const labels = tf.tensor1d(Int32Array.from(indices, (index) => examples.labels[index]!), 'int32');
      const measures = crossEntropy(tf, network.apply(examples.inputs(indices), false), labels);
      return tf.stack([measures.loss, measures.accuracy]).dataSync();
    });
    loss += batchLoss! * indices.length;
    // A float32 mean of 0s and 1s is off in the eighth digit; the count is exact.
    correct += Math.round(batchAccuracy! * indices.length);
  }
  return { loss: loss / examples.count, accuracy: correct / examples.count };
}

/** The network's output for each example, row by row: float32 [examples × outputs]. */
export function predict(tf: TensorFlow, network: Network, examples: Examples): Float32Array {
  const rows: Float32Array[] = [];
  for (const indices of batches(inOrder(examples.count), BATCH)) {
    rows.push(tf.tidy(() => network.apply(examples.inputs(indices), false).dataSync() as Float32Array));
  }
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

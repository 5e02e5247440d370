// A network over all examples, in order and without training: loss and accuracy, or its outputs.
import type { Examples } from './examples.js';
import { openForwardPass, type Compute, type ForwardPass } from './forward.js';
import { crossEntropy } from './loss.js';
import type { TensorFlow } from './native.js';
import type { Network } from './network.js';

export interface Measures {
  loss: number;
  accuracy: number;
}

/** Evaluates the same network on the same examples again and again, each time by its weights as they are then. */
export class Evaluation {
  private readonly pass: ForwardPass;

  /** @param runs how often it will be asked, about */
  constructor(tf: TensorFlow, network: Network, private readonly examples: Examples, runs: number) {
    const measure: Compute = (inputs, labels) => ({ ...crossEntropy(tf, network.apply(inputs, false), labels) });
    this.pass = openForwardPass(tf, network, examples, measure, runs);
  }

  /** Mean loss and accuracy of a network that gives logits. */
  async measure(): Promise<Measures> {
    const { count } = this.examples;
    const values = await this.pass.run();
    let [loss, correct] = [0, 0];
    for (let batch = 0; 2 * batch < values.length; batch += 1) {
      const size = Math.min(this.pass.batchSize, count - batch * this.pass.batchSize);
      loss += values[2 * batch]! * size;
      // A float32 mean of 0s and 1s is off in the eighth digit; the count is exact.
      correct += Math.round(values[2 * batch + 1]! * size);
    }
    return { loss: loss / count, accuracy: correct / count };
  }

  dispose(): void {
    this.pass.dispose();
  }
}

/** Mean loss and accuracy of a network that gives logits. */
export async function evaluate(tf: TensorFlow, network: Network, examples: Examples): Promise<Measures> {
  const evaluation = new Evaluation(tf, network, examples, 1);
  try {
    return await evaluation.measure();
  } finally {
    evaluation.dispose();
  }
}

/** The network's output for each example, row by row: float32 [examples × outputs]. */
export async function predict(tf: TensorFlow, network: Network, examples: Examples): Promise<Float32Array> {
  const pass = openForwardPass(tf, network, examples, (inputs) => ({ outputs: network.apply(inputs, false) }));
  try {
    return await pass.run();
  } finally {
    pass.dispose();
  }
}

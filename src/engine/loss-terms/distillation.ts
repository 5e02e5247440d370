// Knowledge distillation (Hinton, Vinyals & Dean 2015): the network learns what another one says of the same examples, as well as their labels.
import type { LossTermSettings } from '../../contract/loss-terms.js';
import type { Tensor, TensorFlow, Variable } from '../native.js';
import { softmaxCrossEntropy } from '../native-operations.js';
import type { LossTerm, Origin } from './loss-term.js';

/**
 * T² KL(softmax(z_t / T) ‖ softmax(z_s / T)), mean over the batch. T² keeps the size of its gradient while T grows; TLL's code leaves it out.
 * Call inside a tidy; no gradient goes to the teacher.
 */
export function softenedDivergence(tf: TensorFlow, student: Tensor, teacher: Tensor, temperature: number): Tensor {
  const softened = tf.div(teacher, temperature);
  const wanted = tf.softmax(softened as never) as Tensor;
  // By one operation on both, so that it is 0 to the bit where both say the same.
  const divergence = tf.sub(softmaxCrossEntropy(tf, tf.div(student, temperature), wanted), softmaxCrossEntropy(tf, softened, wanted));
  return tf.mul(tf.mean(divergence), temperature ** 2);
}

/** Beside a loss L of the labels, a (T² KL − L), so that together they are (1 − a) L + a T² KL. The teacher is as in use, and sees the examples as they were changed. */
export function distillation(tf: TensorFlow, { model, temperature, weight }: LossTermSettings<'distillation'>, _learning: ReadonlyMap<string, Variable>, { teachers }: Origin): LossTerm {
  const teacher = teachers!.get(model)!;
  return {
    held: teacher.variables,
    value: ({ inputs, outputs, loss }) => tf.mul(tf.sub(softenedDivergence(tf, outputs, teacher.apply(inputs, false), temperature), loss), weight),
    dispose: () => undefined,
  };
}

// One training step, in tensors alone: forward, loss, gradients of what learns, update. It runs plainly or is recorded; this
// is its only definition.
import type { Tensor, TensorFlow, Variable } from './native.js';
import type { Network } from './network.js';
import type { Objective } from './objectives/objective.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { clipByGlobalNorm } from './optimizers/registry.js';
import type { GivenTargets, Targets } from './targets.js';

export interface StepInputs {
  /** float32 [batch, …input]. */
  inputs: Tensor;
  targets: GivenTargets;
  /** float32 scalar. */
  learningRate: Tensor;
  /** int32 scalar, counted from 1 within the run: with the seed it decides what is random in the step. */
  step: Tensor;
}

/** The objective's measures of the batch before the update, in its order, as scalars. The caller disposes them. */
export type StepMeasures = Readonly<Record<string, Tensor>>;

/** What learns, and how. */
export interface Learning {
  network: Network;
  objective: Objective;
  /** The variables that learn, by path. */
  learning: ReadonlyMap<string, Variable>;
  optimizer: Optimizer;
  /** Largest norm of all gradients together; 0 for no limit. */
  clipNorm: number;
  /** Changes what is trained on, anew in each step. */
  augment?: Augment | undefined;
}

/** A batch, changed: as a function of the batch, the seed it was made with, and the step (int32 scalar). Called inside a tidy. */
export type Augment = (inputs: Tensor, targets: Targets, step: Tensor) => { inputs: Tensor; targets: Targets };

export function trainStep(
  tf: TensorFlow,
  { network, objective, learning, optimizer, clipNorm, augment }: Learning,
  { inputs, targets: given, learningRate, step }: StepInputs,
): StepMeasures {
  return tf.tidy(() => {
    network.context.step = step;
    const whole: { inputs: Tensor; targets: Targets } = { inputs, targets: given };
    const batch = augment?.(whole.inputs, whole.targets, step) ?? whole;
    let metrics: StepMeasures = {};
    const { value: loss, grads } = tf.variableGrads(() => {
      const outputs = network.apply(batch.inputs, true);
      const mean = objective.loss(outputs, batch.targets);
      metrics = objective.metrics(outputs, batch.targets);
      Object.values(metrics).forEach((metric) => tf.keep(metric));
      return mean as never;
    }, [...learning.values()]);

    const gradients = clipByGlobalNorm(tf, grads, clipNorm);
    for (const [path, variable] of learning) optimizer.update(path, variable, gradients[variable.name]!, learningRate);
    const measures = { loss: loss as Tensor, ...Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, tf.clone(metric)])) };
    tf.dispose(Object.values(metrics));
    return measures;
  });
}

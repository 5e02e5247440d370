// One training step, in tensors alone: forward, loss, gradients of what learns, update, maps. It runs plainly or is recorded; this
// is its only definition.
import type { LossTerm } from './loss-terms/loss-term.js';
import type { Tensor, TensorFlow, Variable } from './native.js';
import type { Network } from './network.js';
import type { Objective } from './objectives/objective.js';
import type { Move, Optimizer } from './optimizers/optimizer.js';
import { clipByGlobalNorm } from './optimizers/registry.js';
import type { StepMap } from './step-maps/step-map.js';
import type { GivenTargets, Targets } from './targets.js';

export interface StepInputs {
  /** float32 [batch, …input]. */
  inputs: Tensor;
  targets: GivenTargets;
  /** Of each group of variables: float32 scalars. */
  learningRates: readonly Tensor[];
  /** int32 scalar, counted from 1 within the run: with the seed it decides what is random in the step. */
  step: Tensor;
}

/** The objective's measures of the batch before the update, in its order, as scalars; the loss is that of the examples alone. The caller disposes them. */
export type StepMeasures = Readonly<Record<string, Tensor>>;

/** What learns, and how. */
export interface Learning {
  network: Network;
  objective: Objective;
  /** The variables that learn, by path; those of a group learn at one rate. */
  groups: readonly ReadonlyMap<string, Variable>[];
  optimizer: Optimizer;
  /** Largest norm of all gradients together; 0 for no limit. */
  clipNorm: number;
  /** What is lowered beside the loss. @default nothing */
  terms?: readonly LossTerm[];
  /** What follows each update. @default nothing */
  maps?: readonly StepMap[];
  /** Changes what is trained on, anew in each step. */
  augment?: Augment | undefined;
}

/** Examples and what their outputs are held against. */
export interface Batch {
  inputs: Tensor;
  targets: Targets;
}

/** A batch, changed: as a function of the batch, the seed it was made with, and the step (int32 scalar). Called inside a tidy. */
export type Augment = (inputs: Tensor, targets: Targets, step: Tensor) => Batch;

export function trainStep(
  tf: TensorFlow,
  { network, objective, groups, optimizer, clipNorm, terms = [], maps = [], augment }: Learning,
  { inputs, targets, learningRates, step }: StepInputs,
): StepMeasures {
  return tf.tidy(() => {
    network.context.step = step;
    const whole: Batch = { inputs, targets };
    const batch = augment?.(whole.inputs, whole.targets, step) ?? whole;
    let measured: StepMeasures = {};
    const { grads } = tf.variableGrads(() => {
      const outputs = network.apply(batch.inputs, true);
      const loss = objective.loss(outputs, batch.targets);
      measured = { loss, ...objective.metrics(outputs, batch.targets) };
      Object.values(measured).forEach((measure) => tf.keep(measure));
      return terms.reduce<Tensor>((sum, term) => tf.add(sum, term.value({ inputs: batch.inputs, outputs, loss })), loss) as never;
    }, groups.flatMap((group) => [...group.values()]));

    const gradients = clipByGlobalNorm(tf, grads, clipNorm);
    const movesOf = (group: ReadonlyMap<string, Variable>, learningRate: Tensor): Move[] =>
      [...group].map(([path, weight]) => ({ path, weight, gradient: gradients[weight.name]!, learningRate }));
    optimizer.update(groups.flatMap((group, index) => movesOf(group, learningRates[index]!)));
    for (const map of maps) map.apply(step);
    const measures = Object.fromEntries(Object.entries(measured).map(([name, measure]) => [name, tf.clone(measure)]));
    tf.dispose(Object.values(measured));
    return measures;
  });
}

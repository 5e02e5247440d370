// The training loop. tfjs's own `fit` cannot be seeded, resumed exactly or scheduled, so this one is ours.
import { ServiceError } from '../contract/errors.js';
import type { ResolvedSpec, Stage } from '../contract/job.js';
import { batches, type Examples } from './examples.js';
import { evaluate } from './evaluate.js';
import { crossEntropy } from './loss.js';
import type { Tensor, TensorFlow, Variable } from './native.js';
import type { Network } from './network.js';
import { makeOptimizer, type Optimizer } from './optimizers.js';
import { permutation } from './random.js';

export interface Measures {
  loss: number;
  accuracy: number;
}

/** Where the loop is. Stages count from 0; epochs and steps from 1, within the run. */
export interface Position {
  stage: number;
  epoch: number;
  step: number;
}

/** What the loop tells while it runs. It waits for each, so that a listener may let other work through. */
export interface FitListener {
  /** Mean loss and accuracy of the steps since the last call. */
  onSteps(position: Position, mean: Measures, examplesSeen: number): Promise<void>;
  onEpoch(position: Position, train: Measures, validation: Measures | undefined): Promise<void>;
}

export interface FitData {
  train: Examples;
  validation?: Examples;
}

/** Steps between two reports: a fixed number, so that a run's metrics are the same each time. About a fifth of a second. */
export const STEPS_PER_REPORT = 50;

type FitSettings = Pick<ResolvedSpec['training'], 'batch_size' | 'optimizer'> & { stages: readonly Stage[]; seed: number };

/**
 * Trains a network that gives logits, stage by stage, in place.
 * @throws NAN_LOSS at the report after the loss stopped being a number
 */
export async function fit(tf: TensorFlow, network: Network, data: FitData, settings: FitSettings, listener: FitListener): Promise<void> {
  const optimizer = makeOptimizer(tf, settings.optimizer);
  try {
    await runStages(tf, network, data, settings, optimizer, listener);
  } finally {
    optimizer.dispose();
  }
}

async function runStages(
  tf: TensorFlow,
  network: Network,
  data: FitData,
  settings: FitSettings,
  optimizer: Optimizer,
  listener: FitListener,
): Promise<void> {
  network.clock.seed = settings.seed;
  let step = 0;
  let epoch = 0;

  for (const [stageIndex, stage] of settings.stages.entries()) {
    const learning = learningVariables(network, stage.trainable);

    for (let epochOfStage = 1; epochOfStage <= stage.epochs; epochOfStage += 1) {
      epoch += 1;
      const order = permutation(settings.seed, 'shuffle', epoch, data.train.count);
      const wholeEpoch = new MeanMeasures(tf);

      for (const indices of batches(order, settings.batch_size)) {
        step += 1;
        network.clock.step = step;
        wholeEpoch.add(trainStep(tf, network, data.train, indices, learning, optimizer, stage.learning_rate), indices.length);
        if (wholeEpoch.pending < STEPS_PER_REPORT) continue;
        const position = { stage: stageIndex, epoch, step };
        const { mean, examples } = wholeEpoch.read(position);
        await listener.onSteps(position, mean, examples);
      }

      const position = { stage: stageIndex, epoch, step };
      if (wholeEpoch.pending > 0) {
        const { mean, examples } = wholeEpoch.read(position);
        await listener.onSteps(position, mean, examples);
      }
      await listener.onEpoch(position, wholeEpoch.mean(), data.validation && evaluate(tf, network, data.validation));
    }
  }
}

/** One step: forward, loss, gradients of what learns, update. Returns the batch's loss and accuracy as one tensor of two. */
function trainStep(
  tf: TensorFlow,
  network: Network,
  examples: Examples,
  indices: Uint32Array,
  learning: ReadonlyMap<string, Variable>,
  optimizer: Optimizer,
  learningRate: number,
): Tensor {
  return tf.tidy(() => {
    const inputs = examples.inputs(indices);
    const labels = tf.tensor1d(Int32Array.from(indices, (index) => examples.labels[index]!), 'int32');

    let accuracy: Tensor | undefined;
    const { value: loss, grads } = tf.variableGrads(() => {
      const measures = crossEntropy(tf, network.apply(inputs, true), labels);
      accuracy = tf.keep(measures.accuracy);
      return measures.loss as never;
    }, [...learning.values()]);

    for (const [path, variable] of learning) optimizer.update(path, variable, grads[variable.name]!, learningRate);
    const measured = tf.stack([loss, accuracy!]);
    accuracy!.dispose();
    return measured;
  });
}

/** The variables of the layers that learn; all others keep their bytes. */
const learningVariables = (network: Network, trainable: readonly string[]): ReadonlyMap<string, Variable> =>
  new Map([...network.variables].filter(([path]) => trainable.includes(path.slice(0, path.lastIndexOf('/')))));

/** Means over an epoch, weighted by batch size. Values stay in TensorFlow until read: each read waits for the device. */
class MeanMeasures {
  private readonly measured: Tensor[] = [];
  private readonly sizes: number[] = [];
  private loss = 0;
  private correct = 0;
  private examples = 0;

  constructor(private readonly tf: TensorFlow) {}

  get pending(): number {
    return this.measured.length;
  }

  add(measures: Tensor, batchSize: number): void {
    this.measured.push(measures);
    this.sizes.push(batchSize);
  }

  /** Mean of what was added since the last read. */
  read(position: Position): { mean: Measures; examples: number } {
    const values = this.tf.tidy(() => this.tf.stack(this.measured).dataSync());
    this.tf.dispose(this.measured);
    let loss = 0;
    let correct = 0;
    let examples = 0;
    for (const [index, size] of this.sizes.entries()) {
      const batchLoss = values[2 * index]!;
      if (!Number.isFinite(batchLoss)) throw ServiceError.of('NAN_LOSS', position.step - this.sizes.length + index + 1);
      loss += batchLoss * size;
      correct += Math.round(values[2 * index + 1]! * size);
      examples += size;
    }
    this.measured.length = 0;
    this.sizes.length = 0;
    this.loss += loss;
    this.correct += correct;
    this.examples += examples;
    return { mean: { loss: loss / examples, accuracy: correct / examples }, examples };
  }

  mean(): Measures {
    return { loss: this.loss / this.examples, accuracy: this.correct / this.examples };
  }
}

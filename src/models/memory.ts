// How much memory training a network takes: a bound worth refusing by, not a measurement.
import type { Architecture } from '../contract/layers.js';
import type { OptimizerName } from '../contract/optimizers.js';
import { parameterCount, trace } from './architecture.js';
import { volume } from './layer-rules.js';

const FLOAT_BYTES = 4;
/** A bare engine process (docs/decisions.md, "Memory of a job"). */
const ENGINE_BYTES = 400 * 2 ** 20;
/** The packed file as it was read, on its way into TensorFlow, and as the table the steps take their rows from. */
const DATA_COPIES = 3;
/** Copies of a batch's inputs that changing them leaves behind until the step ends (docs/decisions.md, "Augmentation"). */
const AUGMENTED_COPIES = 18;
/** Optimizer values kept for each weight. */
const SLOTS: Readonly<Record<OptimizerName, number>> = { sgd: 1, adam: 2, adamw: 2, rmsprop: 2, adagrad: 1 };

interface Load {
  architecture: Architecture;
  optimizer: OptimizerName;
  batchSize: number;
  /** Packed size of the data set, which the child holds whole. */
  datasetBytes: number;
  /** Numbers computed once for all examples, where features are cached. */
  cachedFeatures: number;
  /** Whether the examples are changed in each step. */
  augmented: boolean;
}

/** Bytes: engine, data, weights with gradients, update and optimizer slots, three copies of what a batch's layers keep, and what changing its examples takes. */
export function trainingMemoryBytes({ architecture, optimizer, batchSize, datasetBytes, cachedFeatures, augmented }: Load): number {
  const activations = trace(architecture).reduce((sum, { kept }) => sum + kept, volume(architecture.input_shape));
  const weightCopies = 4 + SLOTS[optimizer];
  const changes = augmented ? AUGMENTED_COPIES * volume(architecture.input_shape) : 0;
  const floats = parameterCount(architecture) * weightCopies + batchSize * (3 * activations + changes) + cachedFeatures;
  return ENGINE_BYTES + DATA_COPIES * datasetBytes + FLOAT_BYTES * floats;
}

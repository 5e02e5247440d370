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
}

/** Bytes: engine, data, weights with gradients, update and optimizer slots, and three copies of what a batch's layers keep. */
export function trainingMemoryBytes({ architecture, optimizer, batchSize, datasetBytes, cachedFeatures }: Load): number {
  const activations = trace(architecture).reduce((sum, { kept }) => sum + kept, volume(architecture.input_shape));
  const weightCopies = 4 + SLOTS[optimizer];
  const floats = parameterCount(architecture) * weightCopies + 3 * batchSize * activations + cachedFeatures;
  return ENGINE_BYTES + DATA_COPIES * datasetBytes + FLOAT_BYTES * floats;
}

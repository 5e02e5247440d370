// How much memory training a network takes: a bound worth refusing by, not a measurement.
import type { Architecture } from '../contract/layers.js';
import type { OptimizerName } from '../contract/optimizers.js';
import type { DataPlacement } from '../contract/training-specs.js';
import { WINDOW_BYTES } from '../engine/windows.js';
import { parameterCount, trace } from './architecture.js';
import { volume } from '../contract/shape.js';

const FLOAT_BYTES = 4;
/** A bare engine process (docs/decisions/training.md, "Memory of a job"). */
const ENGINE_BYTES = 400 * 2 ** 20;
/** Of each example: label, row, place in the table, and its place in the orders that are drawn. */
const EXAMPLE_BYTES = 32;
/** As they are read, as they are trained on, of a part of them, and in the table. */
const LABEL_COPIES = 4;
/**
 * Windows of rows beside the table of training examples: what was just read, table and read once more where the model is evaluated, and
 * what JavaScript has not collected yet. Measured: 4.7 (docs/decisions/training.md, "Streamed data").
 */
const WINDOWS = 5;
/** Copies of a batch's inputs that changing them leaves behind until the step ends (docs/decisions/training.md, "Augmentation"). */
const AUGMENTED_COPIES = 18;
/** Optimizer values kept for each weight. */
const SLOTS: Readonly<Record<OptimizerName, number>> = { sgd: 1, adam: 2, adamw: 2, rmsprop: 2, adagrad: 1 };

/** As it is read, as a network, and in the graph. */
const TEACHER_COPIES = 3;

export interface Load {
  architecture: Architecture;
  optimizer: OptimizerName;
  batchSize: number;
  /** Examples of all parts. */
  examples: number;
  /** Of those, the ones that are trained on. */
  trainExamples: number;
  /** Values that each example has in the place of a class. @default 1 */
  targetValues?: number;
  /** Packed size of one example's input. */
  rowBytes: number;
  /** Size of one example's features, which are computed once and then take the place of its input; 0 where there are none. */
  featureBytes: number;
  /** Whether the examples are changed in each step. */
  augmented: boolean;
  /** Copies of all weights that are kept beside them: where the run started, its best epoch, their average. @default 0 */
  heldCopies?: number;
  /** Networks that are run on each batch and stay as they are. @default none */
  teachers?: readonly Architecture[];
}

/** As they are read, as a network, and in the graph. */
const MEASURED_COPIES = 3;
/** Outputs of a layer that are held at once: 2^24 numbers at most (engine/forward.ts), of a few layers. */
const MEASURED_ACTIVATIONS = 4 * 2 ** 24;
/** Numbers kept of each example: what it came to, by two models, and the resamples it is counted in. */
const MEASURED_NUMBERS = 16;

/** Bytes that measuring a network on so many examples takes: engine, windows of rows, weights, outputs of layers, and what each example came to. */
export function evaluationMemoryBytes({ architecture, examples, targetValues, rowBytes }: Pick<Load, 'architecture' | 'examples' | 'rowBytes'> & { targetValues: number }): number {
  const window = Math.min(Math.max(WINDOW_BYTES, rowBytes), examples * rowBytes);
  const activations = Math.min(MEASURED_ACTIVATIONS, examples * trace(architecture).reduce((most, { output }) => Math.max(most, volume(output)), 1));
  return ENGINE_BYTES + WINDOWS * window + FLOAT_BYTES * (MEASURED_COPIES * parameterCount(architecture) + activations + examples * (MEASURED_NUMBERS + LABEL_COPIES * targetValues));
}

/**
 * Bytes that explaining some of these examples takes: what measuring them takes, and what the layers keep of the rows whose gradients are computed at once.
 * @param load.rowsAtOnce most rows that go through together
 */
export function explanationMemoryBytes({ rowsAtOnce, ...load }: Parameters<typeof evaluationMemoryBytes>[0] & { rowsAtOnce: number }): number {
  const kept = trace(load.architecture).reduce((sum, layer) => sum + layer.kept, volume(load.architecture.input_shape));
  return evaluationMemoryBytes(load) + FLOAT_BYTES * 3 * rowsAtOnce * kept;
}

/**
 * Bytes: engine, data, weights with gradients, update and optimizer slots, and three copies of what a batch's layers keep, and what changing its examples takes.
 * @param data whether all that is trained on lies in memory, or a window of it
 */
export function trainingMemoryBytes(load: Load, data: DataPlacement): number {
  const { architecture, optimizer, batchSize, examples, trainExamples, targetValues = 1, augmented, heldCopies = 0, teachers = [] } = load;
  // The baseline is trained on the inputs, the main run on the features.
  const rowBytes = Math.max(load.rowBytes, load.featureBytes);
  const activations = trace(architecture).reduce((sum, { kept }) => sum + kept, volume(architecture.input_shape));
  const weightCopies = 4 + SLOTS[optimizer] + heldCopies;
  const changes = augmented ? AUGMENTED_COPIES * volume(architecture.input_shape) : 0;
  const taught = teachers.reduce((sum, teacher) => sum + TEACHER_COPIES * parameterCount(teacher) + batchSize * trace(teacher).reduce((kept, layer) => kept + layer.kept, 0), 0);
  const floats = parameterCount(architecture) * weightCopies + batchSize * (3 * activations + changes) + taught;
  const labels = EXAMPLE_BYTES + LABEL_COPIES * FLOAT_BYTES * (targetValues - 1);
  const window = Math.min(Math.max(WINDOW_BYTES, rowBytes), examples * rowBytes);
  const table = data === 'streamed' ? Math.min(window, trainExamples * rowBytes) : trainExamples * rowBytes;
  return ENGINE_BYTES + table + WINDOWS * window + labels * examples + FLOAT_BYTES * floats;
}

// Whether an output layer can be put in place in closed form: it must be a Dense layer over features, learn alone, and be the end of the network.
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import type { LossName } from '../contract/losses.js';
import type { SolverSettings } from '../contract/solvers.js';
import type { Task } from '../contract/task.js';
import { outputShape, trace } from '../models/architecture.js';
import { asTrained, finalActivation } from '../models/output-layer.js';

/** What the network learns by, and of what. */
export interface Solvable {
  loss: LossName;
  task: Task;
  /** Whether classes count unlike in training. */
  weighted: boolean;
}

/** The matrix of so many features has as many numbers as one call into TensorFlow may give back. */
const MOST_FEATURES = 4096;

/** @throws METHOD_NOT_POSSIBLE for a solver that cannot do it; `lbfgs` can do whatever has a gradient */
export function requireSolvable({ name }: SolverSettings, trainable: readonly string[], architecture: Architecture, { loss, task, weighted }: Solvable, pointer: string): void {
  if (name === 'lbfgs') return;
  const last = trace(asTrained(architecture, loss)).at(-1)!;
  const { layer } = last;
  const isDense = layer.class_name === 'Dense' && (layer.config.activation ?? 'linear') === 'linear';
  const features = last.weights[0]?.shape[0] ?? 0;
  const activation = task === 'regression' ? 'linear' : 'softmax';
  const refusals: [boolean, string][] = [
    [trainable.length !== 1 || trainable[0] !== layer.name, 'the output layer must learn, and nothing else: "trainable" is "head"'],
    [!isDense || finalActivation(architecture) !== activation || outputShape(architecture).length !== 1, `the network must end in a Dense layer over the ${task === 'regression' ? 'values' : 'classes and a softmax'}`],
    [name !== 'ridge' && task === 'regression', 'it tells classes apart, and the task of the data set is regression'],
    [name !== 'cosine' && isDense && layer.config.use_bias === false, 'the output layer has no bias'],
    [weighted, 'it counts all examples alike, and there are class_weights'],
    [features > MOST_FEATURES, `it takes at most ${MOST_FEATURES} features, and there are ${features}`],
  ];
  const refusal = refusals.find(([applies]) => applies);
  if (refusal) throw ServiceError.of('METHOD_NOT_POSSIBLE', name, refusal[1]).at(pointer);
}

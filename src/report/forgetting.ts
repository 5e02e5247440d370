// Whether the test part that the base model was measured on can be put to the new model too.
import type { DatasetContent } from '../contract/dataset.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import { weightsOf } from '../models/architecture.js';

/** Why the model does not tell what the base model told; undefined where it does. */
export function whyNotComparable({ head, architecture, inherit }: Pick<ResolvedSpec, 'head' | 'architecture' | 'inherit'>): string | undefined {
  if (head !== 'keep') return 'the output layer is new: the model does not tell the classes or values of the base model';
  const carried = new Set(inherit.map(({ to }) => to));
  return weightsOf(architecture).every(({ path }) => carried.has(path)) ? undefined : 'not all layers were carried over: the network never was the base model';
}

/** Why examples of another data set cannot be put to the model; undefined where they can. */
export function whyOtherData(spec: Pick<ResolvedSpec, 'class_names' | 'target' | 'preprocessing' | 'architecture'>, source: DatasetContent): string | undefined {
  const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  if (!same(spec.target?.names ?? spec.class_names, source.target?.names ?? source.class_names)) return 'the classes or values of its data set are others';
  if (!same(spec.architecture.input_shape, source.input_shape)) return 'the inputs of its data set are of another shape';
  return same([spec.preprocessing?.steps, spec.preprocessing?.columns], [source.preprocessing.steps, source.preprocessing.columns]) ? undefined : 'its data set is prepared in another way';
}

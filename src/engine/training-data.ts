// The examples of a job: what is trained on, what validates each epoch, what tests the result.
import type { PartName } from '../contract/parts.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import type { PackedDataset } from '../datasets/packed.js';
import type { Labels } from '../datasets/packed-writer.js';
import { plainSplit, stratifiedSplit } from '../datasets/split.js';
import { preparedExamples, subset, type Examples } from './examples.js';
import { inTrainingScale } from './target-scale.js';
import { classTargets, valueTargets, type TargetColumns } from './targets.js';
import { windowChunksOf } from './windows.js';

export interface TrainingData {
  train: Examples;
  validation: Examples | undefined;
  test: Examples;
}

/** The parts of the data set. Where it has no validation part, one is kept aside of train if the spec says so. */
export async function prepareData(packed: PackedDataset, spec: ResolvedSpec): Promise<TrainingData> {
  const { parts, preprocessing, class_names: classNames, target } = packed.content;
  const scale = spec.target?.scale ?? null;
  const targetsOf = (labels: Labels): TargetColumns => {
    if (labels instanceof Int32Array) return classTargets(labels);
    return valueTargets(scale ? inTrainingScale(labels, scale) : labels, target!.names.length);
  };
  const examplesOf = async (part: PartName): Promise<Examples> => {
    const { rows, labels } = await packed.part(part);
    return preparedExamples(rows, targetsOf(labels), preprocessing, spec.data === 'streamed' ? windowChunksOf(rows) : undefined);
  };
  const [train, test] = [await examplesOf('train'), await examplesOf('test')];
  if (parts.validation) return { train, validation: await examplesOf('validation'), test };

  const { validation_split: fraction, seed } = spec.training;
  if (fraction === 0) return { train, validation: undefined, test };
  const { of } = train.targets;
  const { kept, taken } = of.values instanceof Int32Array
    ? stratifiedSplit(of.values, classNames.length, fraction, seed, 'validation')
    : plainSplit(train.count, fraction, seed, 'validation');
  return { train: subset(train, kept), validation: subset(train, taken), test };
}

// The examples of a job: what is trained on, what is kept aside to validate each epoch, what tests the result.
import type { ResolvedSpec } from '../contract/job.js';
import type { PackedDataset } from '../datasets/packed.js';
import { stratifiedSplit } from '../datasets/split.js';
import { byteExamples, subset, type Examples } from './examples.js';
import type { TensorFlow } from './native.js';
import { classTargets } from './targets.js';

export interface TrainingData {
  train: Examples;
  validation: Examples | undefined;
  test: Examples;
}

export async function prepareData(tf: TensorFlow, packed: PackedDataset, spec: ResolvedSpec): Promise<TrainingData> {
  const { preprocessing, class_names: classNames } = packed.content;
  const [ofTrain, ofTest] = [await packed.part('train'), await packed.part('test')];
  const [train, test] = [ofTrain, ofTest].map(({ inputs, labels }) => byteExamples(tf, inputs, classTargets(labels), preprocessing)) as [Examples, Examples];

  const { validation_split: fraction, seed } = spec.training;
  if (fraction === 0) return { train, validation: undefined, test };
  const { kept, taken } = stratifiedSplit(ofTrain.labels, classNames.length, fraction, seed, 'validation');
  return { train: subset(tf, train, kept), validation: subset(tf, train, taken), test };
}

// The examples of a job: what is trained on, what is kept aside to validate each epoch, what tests the result.
import type { ResolvedSpec } from '../contract/job.js';
import type { PackedDataset } from '../datasets/packed.js';
import { stratifiedSplit } from '../datasets/split.js';
import { preparedExamples, subset, type Examples } from './examples.js';
import { classTargets } from './targets.js';
import { windowChunksOf } from './windows.js';

export interface TrainingData {
  train: Examples;
  validation: Examples | undefined;
  test: Examples;
}

export async function prepareData(packed: PackedDataset, spec: ResolvedSpec): Promise<TrainingData> {
  const { preprocessing, class_names: classNames } = packed.content;
  const [ofTrain, ofTest] = [await packed.part('train'), await packed.part('test')];
  const [train, test] = [ofTrain, ofTest].map(({ rows, labels }) =>
    preparedExamples(rows, classTargets(labels), preprocessing, spec.data === 'streamed' ? windowChunksOf(rows) : undefined),
  ) as [Examples, Examples];

  const { validation_split: fraction, seed } = spec.training;
  if (fraction === 0) return { train, validation: undefined, test };
  const { kept, taken } = stratifiedSplit(ofTrain.labels, classNames.length, fraction, seed, 'validation');
  return { train: subset(train, kept), validation: subset(train, taken), test };
}

// The examples of a job: what is trained on, what is kept aside to validate each epoch, what tests the result.
import type { ResolvedSpec } from '../contract/job.js';
import type { PackedDataset } from '../datasets/packed.js';
import { stratifiedSplit } from '../datasets/split.js';
import { byteExamples, subset, type Examples } from './examples.js';
import type { TensorFlow } from './native.js';

export interface TrainingData {
  train: Examples;
  validation: Examples | undefined;
  test: Examples;
}

export async function prepareData(tf: TensorFlow, packed: PackedDataset, spec: ResolvedSpec): Promise<TrainingData> {
  const { preprocessing, class_names: classNames } = packed.content;
  const open = async (part: 'train' | 'test'): Promise<Examples> => {
    const { inputs, labels } = await packed.part(part);
    return byteExamples(tf, inputs, labels, preprocessing);
  };
  const [train, test] = [await open('train'), await open('test')];

  const { validation_split: fraction, seed } = spec.training;
  if (fraction === 0) return { train, validation: undefined, test };
  const { kept, taken } = stratifiedSplit(train.labels, classNames.length, fraction, seed, 'validation');
  return { train: subset(tf, train, kept), validation: subset(tf, train, taken), test };
}

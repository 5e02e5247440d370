// The examples of a job: what is trained on, what validates each epoch, what tests the result.
import type { PartName } from '../contract/parts.js';
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

/** The parts of the data set. Where it has no validation part, one is kept aside of train if the spec says so. */
export async function prepareData(packed: PackedDataset, spec: ResolvedSpec): Promise<TrainingData> {
  const { parts, preprocessing, class_names: classNames } = packed.content;
  const examplesOf = async (part: PartName): Promise<Examples> => {
    const { rows, labels } = await packed.part(part);
    return preparedExamples(rows, classTargets(labels), preprocessing, spec.data === 'streamed' ? windowChunksOf(rows) : undefined);
  };
  const [train, test] = [await examplesOf('train'), await examplesOf('test')];
  if (parts.validation) return { train, validation: await examplesOf('validation'), test };

  const { validation_split: fraction, seed } = spec.training;
  if (fraction === 0) return { train, validation: undefined, test };
  const { kept, taken } = stratifiedSplit(train.targets.of.values as Int32Array, classNames.length, fraction, seed, 'validation');
  return { train: subset(train, kept), validation: subset(train, taken), test };
}

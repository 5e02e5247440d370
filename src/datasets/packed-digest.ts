// The digest of a data set in the training format, and the proof that a packed folder still is what it was.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { DatasetContent } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { partsIn } from '../contract/parts.js';
import { filesOf, readIndex } from './packed-index.js';
import type { RowType } from './rows.js';

export interface DigestedForm {
  readonly shape: readonly number[];
  readonly dtype: RowType;
  readonly classNames: readonly string[];
  /** Where examples have values in the place of a class. */
  readonly targetNames?: readonly string[] | undefined;
  /** Examples of each part there is, in the order of PARTS. */
  readonly examples: readonly number[];
}

/**
 * SHA-256 over a line of JSON (shape, dtype, class names, names of values where there are any, examples of each part), then inputs and labels of train, of validation where
 * there is one, and of test: the same however the rows came, and however they are cut into chunks. To be fed with the arrays.
 */
export function beginDigest({ shape, dtype, classNames, targetNames, examples }: DigestedForm): Hash {
  const header = { shape, dtype, class_names: classNames, ...(targetNames && { target_names: targetNames }), examples };
  return createHash('sha256').update(`${JSON.stringify(header)}\n`);
}

/** True where a packed folder is all of that content. Reads all of it. */
export async function isPackedWhole(folder: string, { digest }: Pick<DatasetContent, 'digest'>): Promise<boolean> {
  try {
    const { content } = await readIndex(folder);
    const { shape, dtype } = content.preprocessing.input;
    const names = partsIn(content.parts);
    const examples = names.map((name) => content.parts[name]!.examples);
    const hash = beginDigest({ shape, dtype, classNames: content.class_names, targetNames: content.target?.names, examples });
    for (const name of names) {
      const { inputs, labels } = filesOf(name, dtype, content.task);
      for (const file of [inputs, labels]) for await (const bytes of createReadStream(join(folder, file))) hash.update(bytes as Buffer);
    }
    return hash.digest('hex') === digest;
  } catch (problem) {
    if (problem instanceof ServiceError || (problem as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw problem;
  }
}

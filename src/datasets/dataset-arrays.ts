// What readers and generators hand over: images and labels in memory, in one part or already in two.
import type { PartName } from '../contract/parts.js';

/** Height, width, channels of one example. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** `inputs` is uint8 [examples, height, width, channels] in row order; `labels` int32 [examples], each below the class count. */
export interface LabelledImages {
  readonly inputs: Uint8Array;
  readonly labels: Int32Array;
}

export type Parts = Readonly<Record<PartName, LabelledImages>>;

/** A source as read: both parts, or a whole that is still to be split; `from` then names the file it came from. */
export interface RawDataset {
  readonly shape: ImageShape;
  readonly classNames: readonly string[];
  readonly content: { readonly parts: Parts } | { readonly whole: LabelledImages; readonly from: string };
}

/** The number of examples of each class, in class order. */
export function countClasses(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** The examples of these indices, copied in their order. */
export function pickExamples(from: LabelledImages, shape: ImageShape, indices: Uint32Array): LabelledImages {
  const values = shape[0] * shape[1] * shape[2];
  const inputs = new Uint8Array(indices.length * values);
  indices.forEach((index, at) => inputs.set(from.inputs.subarray(index * values, (index + 1) * values), at * values));
  return { inputs, labels: Int32Array.from(indices, (index) => from.labels[index] as number) };
}

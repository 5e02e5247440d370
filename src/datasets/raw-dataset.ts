// What readers and generators hand over: the class of each example, and the examples one after the other, in one part or already in two.
import type { PartName } from '../contract/parts.js';
import type { PackedForm } from './packed-writer.js';
import type { RowValues } from './rows.js';

/** One part of a source. */
export interface SourcePart {
  /** Class of each example, each below the class count. */
  readonly labels: Int32Array;
  /** The values of the examples in order, some whole examples at a time, as many as there are labels. To be read once. */
  readonly rows: () => AsyncIterable<RowValues>;
}

export type Parts = Readonly<Record<PartName, SourcePart>>;

/** A source as read: both parts, or a whole that is still to be split; `from` then names the file it came from. */
export interface RawDataset extends PackedForm {
  /** Lets go of what was opened to read the examples from. */
  readonly close?: () => void;
  readonly content: { readonly parts: Parts } | { readonly whole: SourcePart; readonly from: string };
}

/** The number of examples of each class, in class order. */
export function countClasses(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

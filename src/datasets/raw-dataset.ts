// What readers and generators hand over: the class of each example, and the examples one after the other, in one part or already in several.
import { eachPart, partsIn, type ByPart } from '../contract/parts.js';
import type { Labels, PackedForm } from './packed-writer.js';
import type { RowValues } from './rows.js';

/** One part of a source. */
export interface SourcePart {
  /** Class of each example, each below the class count; or row by row, where the data set names values, the values of each. */
  readonly labels: Labels;
  /** The values of the examples in order, some whole examples at a time, as many as there are labels for. To be read once. */
  readonly rows: () => AsyncIterable<RowValues>;
}

export type Parts = ByPart<SourcePart>;

/** Past it, a network over all values of one example is a mistake rather than a wish: 1024 × 1024. */
export const MOST_VALUES_PER_EXAMPLE = 1_048_576;

/** What a source has of its parts, or of the whole. */
export type InParts<T> = ByPart<T> | { readonly whole: T };

export const allOf = <T>(parts: InParts<T>): T[] => ('whole' in parts ? [parts.whole] : partsIn(parts).map((part) => parts[part]!));

/** Something else of each part, or of the whole. */
export const inEachPart = <T, U>(parts: InParts<T>, of: (part: T) => U): InParts<U> => ('whole' in parts ? { whole: of(parts.whole) } : eachPart(parts, of));

/** @param nameOf the file that a whole came from */
export const partsOf = <T>(parts: InParts<T>, part: (of: T) => SourcePart, nameOf: (of: T) => string): RawDataset['content'] =>
  'whole' in parts ? { whole: part(parts.whole), from: nameOf(parts.whole) } : { parts: eachPart(parts, part) };

/** Thrown in the place of an example that was presumed to be there. */
export class ExampleLeftOut extends Error {
  override readonly name = 'ExampleLeftOut';
}

/** A source as read: its parts, or a whole that is still to be split; `from` then names the file it came from. */
export interface RawDataset extends PackedForm {
  /** Lets go of what was opened to read the examples from. */
  readonly close?: () => Promise<void>;
  /**
   * Where the reader presumes that every example can be read, and one may turn out not to: to be called after ExampleLeftOut, or after what the
   * source is to blame for, and what it gives is to be packed in the place of this. What is wrong is wrong there too.
   */
  readonly otherwise?: () => Promise<RawDataset>;
  /**
   * What the form of the rows depends on where it follows from the examples to train on, and on none else: called before rows are read.
   * @param trained of a whole, the indices of the examples that are trained on, ascending
   */
  readonly fit?: (trained: Uint32Array | null) => Promise<PackedForm>;
  readonly content: { readonly parts: Parts } | { readonly whole: SourcePart; readonly from: string };
}

/** The number of examples of each class, in class order. */
export function countClasses(labels: Labels, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

// Rows that are the same, byte for byte: within a part, across parts, and under different classes.
import type { RowHashes } from './row-hashes.js';

export interface ExactDuplicates {
  /** The first row that is the same, for each row; the row itself where there is none. */
  readonly firsts: Int32Array;
  /** 1 for each row that is the same as an earlier one of its part. */
  readonly isRepeat: Uint8Array;
  /** Rows that are the same as one of an earlier part. */
  readonly across: readonly number[];
  /** Rows that are the same as an earlier one of their part. */
  readonly within: readonly number[];
  /** First rows of those that occur under more than one class. */
  readonly conflicts: readonly number[];
}

/** Takes 13 bytes a row and, while it works, 8 to 16 more. */
export function exactDuplicates(rows: RowHashes): ExactDuplicates {
  const { count, parts, labels } = rows;
  const firsts = firstsOf(rows);
  /** Of first rows: the parts that have it, one bit each. */
  const seenIn = new Uint8Array(count);
  const isConflict = new Uint8Array(count);
  const isRepeat = new Uint8Array(count);
  const within: number[] = [];
  for (let row = 0; row < count; row += 1) {
    const first = firsts[row]!;
    const bit = 1 << parts[row]!;
    if ((seenIn[first]! & bit) !== 0) {
      isRepeat[row] = 1;
      within.push(row);
    }
    seenIn[first]! |= bit;
    if (labels[row] !== labels[first]) isConflict[first] = 1;
  }
  const across: number[] = [];
  const conflicts: number[] = [];
  for (let row = 0; row < count; row += 1) {
    // The bits below that of its own part are those of earlier parts.
    if ((seenIn[firsts[row]!]! & ((1 << parts[row]!) - 1)) !== 0) across.push(row);
    if (isConflict[row] === 1) conflicts.push(row);
  }
  return { firsts, isRepeat, across, within, conflicts };
}

/** By a table of hashes with open addressing. */
function firstsOf({ count, low, high }: RowHashes): Int32Array {
  const size = 2 ** Math.ceil(Math.log2(2 * count + 2));
  const table = new Int32Array(size).fill(-1);
  const firsts = new Int32Array(count);
  for (let row = 0; row < count; row += 1) {
    let slot = low[row]! & (size - 1);
    for (let found = table[slot]!; found !== -1; found = table[slot]!) {
      if (low[found] === low[row] && high[found] === high[row]) break;
      slot = (slot + 1) & (size - 1);
    }
    if (table[slot] === -1) table[slot] = row;
    firsts[row] = table[slot]!;
  }
  return firsts;
}

/**
 * For some rows, all rows that are the same, at most `most` of each: but one of each part and of each class among them, so that an example
 * of what crosses parts or classes shows it.
 */
export function copiesOf(rows: RowHashes, { firsts }: ExactDuplicates, of: readonly number[], most: number): number[][] {
  const groups = new Map<number, number[]>(of.map((row) => [firsts[row]!, []]));
  for (let row = 0; row < rows.count; row += 1) {
    const group = groups.get(firsts[row]!);
    if (!group) continue;
    const isNew = !group.some((other) => rows.parts[other] === rows.parts[row] && rows.labels[other] === rows.labels[row]);
    if (group.length < most || (isNew && group.length < 2 * most)) group.push(row);
  }
  return [...groups.values()];
}

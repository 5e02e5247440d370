// What training rows tell of the columns: mean and deviation of numbers, the categories of texts. Test rows tell nothing.
import type { TableColumn } from '../../contract/dataset.js';
import { textIn } from './cell.js';
import { at } from './judge.js';
import type { InputColumn } from './roles.js';
import type { Batch } from './scratch.js';
import type { Column } from './survey.js';

/** Categories that are told apart; rarer ones are one, "other". */
export const MOST_CATEGORIES = 100;
/** Different numbers that are counted in a column of texts. */
const MOST_COUNTED = 20_000;

export interface ColumnFit {
  add(batch: Batch, row: number): void;
  /** @param place the first of its inputs */
  finish(place: number): TableColumn;
}

export const fitOf = ({ kind, place, column }: InputColumn): ColumnFit => (kind === 'numeric' ? new Moments(place, column.name) : new Counts(place, column));

/** Mean and deviation in one pass (Welford 1962), in double precision. */
class Moments implements ColumnFit {
  private count = 0;
  private mean = 0;
  private squares = 0;

  constructor(private readonly place: number, private readonly name: string) {}

  add(batch: Batch, row: number): void {
    const value = at(batch, this.place, row);
    if (Number.isNaN(value)) return;
    this.count += 1;
    const difference = value - this.mean;
    this.mean += difference / this.count;
    this.squares += difference * (value - this.mean);
  }

  finish(place: number): TableColumn {
    const deviation = this.count === 0 ? 0 : Math.sqrt(this.squares / this.count);
    // One value throughout is 0 throughout; anything else a test row has is as far from it as it is.
    return { name: this.name, kind: 'numeric', at: place, mean: this.mean, deviation: deviation > 0 ? deviation : 1 };
  }
}

class Counts implements ColumnFit {
  private readonly counts = new Map<string | null, number>();

  constructor(private readonly place: number, private readonly column: Column) {}

  add(batch: Batch, row: number): void {
    const category = categoryOf(this.column, at(batch, this.place, row));
    if (category === undefined) return;
    const count = this.counts.get(category);
    if (count !== undefined || this.counts.size < MOST_COUNTED) this.counts.set(category, (count ?? 0) + 1);
  }

  finish(place: number): TableColumn {
    const byCount = [...this.counts].sort(([one, ofOne], [other, ofOther]) => ofOther - ofOne || inOrder(one, other));
    const categories = byCount.slice(0, MOST_CATEGORIES).map(([category]) => category).sort(inOrder);
    return { name: this.column.name, kind: 'categorical', at: place, categories, ...(this.column.literal && { literal: true }) };
  }
}

/** By code units; a missing value last. */
const inOrder = (one: string | null, other: string | null): number => (one === null ? 1 : other === null ? -1 : one < other ? -1 : 1);

/** The category a cell says: null for a missing value, undefined for a text that is not told apart. */
export function categoryOf({ texts }: Column, code: number): string | null | undefined {
  if (Number.isNaN(code)) return null;
  const text = textIn(code);
  return text === undefined ? String(code) : texts[text];
}

/** How many inputs a column becomes. */
export const widthOf = (column: TableColumn): number => (column.kind === 'numeric' ? 1 : column.categories.length + 1);

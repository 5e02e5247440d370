// Permutation importance (Breiman 2001, Random Forests, section 10; Fisher, Rudin & Dominici 2019, All Models are Wrong, but Many are Useful, JMLR 20(177)): how much worse a model gets where
// the values of one column are dealt out anew among the examples, so that the column tells nothing any more, but looks as it did.
import type { TableColumn } from '../contract/dataset.js';
import { isBetterHigher } from '../contract/metrics.js';
import { volume } from '../contract/shape.js';
import type { Interval } from '../contract/transfer-report.js';
import { chunkCountOf, roomFor, type Rows, type RowValues } from '../datasets/rows.js';
import { widthOf } from '../datasets/tables/fit.js';
import type { Examples } from '../engine/examples.js';
import { permutation } from '../engine/random.js';
import { intervalOf, mean } from './comparison.js';

export interface ColumnImportance {
  column: string;
  /** How much worse the metric got, on the average of the repeats: below 0 where it got better. */
  importance: number;
  /** Standard deviation over the repeats (divided by one less than there are); 0 of one. */
  deviation: number;
  /** Of the importance: mean ± t · s / √n over the repeats, 95 %. It tells how much hangs on the deal, not on which examples there are. null of one. */
  interval: Interval | null;
  /** Of each repeat, in their order. */
  repeats: number[];
}

export interface PermutationWanted {
  /** Those of the table that are asked for, as they became inputs. */
  columns: readonly TableColumn[];
  /** Their rows are never written to: while a column is permuted each is changed as it is read. */
  examples: Examples;
  /** Name of what is measured: an accuracy counts by its fall, an error by its rise. */
  metric: 'accuracy' | 'rmse';
  /** The metric with all columns as they are. */
  baseline: number;
  /** The metric of these examples, which have another's values in one column. */
  measure: (examples: Examples) => Promise<number>;
  /** How often each column is dealt out, each time anew. */
  repeats: number;
  /** 0 to 2^32 - 1; with the column's place and the repeat it decides every deal. */
  seed: number;
}

/** Measured columns × repeats times, and read once more for each column. @returns in the order of the columns */
export async function permutationImportance({ columns, examples, metric, baseline, measure, repeats, seed }: PermutationWanted): Promise<ColumnImportance[]> {
  const found: ColumnImportance[] = [];
  for (const column of columns) {
    const values = await valuesOfColumn(column, examples.rows);
    const worse: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const measured = await measure(dealtOut(examples, values, permutation(seed, `permuted/${column.at}`, repeat, examples.count)));
      worse.push(isBetterHigher(metric) ? baseline - measured : measured - baseline);
    }
    found.push({ column: column.name, importance: mean(worse), deviation: deviationOf(worse), interval: intervalOf(worse), repeats: worse });
  }
  return found;
}

function deviationOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** All inputs that a column became: one of a number; of a category one for each, and they stay together. */
export interface ColumnValues {
  /** The first of them. */
  at: number;
  width: number;
  /** Of every row, one after the other. */
  values: RowValues;
}

export async function valuesOfColumn(column: TableColumn, rows: Rows): Promise<ColumnValues> {
  const { at } = column;
  const width = widthOf(column);
  const rowWidth = volume(rows.shape);
  const values = roomFor({ shape: [width], dtype: rows.dtype }, rows.count);
  const chunk = roomFor(rows, Math.min(rows.chunkRows, rows.count));
  for (let index = 0; index < chunkCountOf(rows); index += 1) {
    await rows.read([index], chunk, 0);
    const first = index * rows.chunkRows;
    const count = Math.min(rows.chunkRows, rows.count - first);
    for (let row = 0; row < count; row += 1) values.set(chunk.subarray(row * rowWidth + at, row * rowWidth + at + width), (first + row) * width);
  }
  return { at, width, values };
}

/**
 * The same examples, each with another's values of that column: example i with those of example order[i]. There is no second copy of the rows: what is read is changed on the way.
 * @param order a permutation of the indices of the examples
 */
export function dealtOut(examples: Examples, { at, width, values }: ColumnValues, order: Uint32Array): Examples {
  const { rows, rowOf, count } = examples;
  const rowWidth = volume(rows.shape);
  // Rows that are no examples keep what they have: nobody asks for it.
  const from = Uint32Array.from({ length: rows.count }, (_, row) => row);
  for (let index = 0; index < count; index += 1) from[rowOf?.[index] ?? index] = rowOf?.[order[index]!] ?? order[index]!;
  const dealt: Rows = {
    ...rows,
    // They are other rows than those that features may have been kept of.
    origin: undefined,
    async read(chunks, target, place) {
      await rows.read(chunks, target, place);
      let row = place;
      for (let index = 0; index < chunks.length; index += 1) {
        const first = chunks[index]! * rows.chunkRows;
        for (let source = first; source < Math.min(first + rows.chunkRows, rows.count); source += 1, row += 1) {
          target.set(values.subarray(from[source]! * width, (from[source]! + 1) * width), row * rowWidth + at);
        }
      }
    },
  };
  return { ...examples, rows: dealt };
}

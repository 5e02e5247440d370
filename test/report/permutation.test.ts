// Permutation importance: a column that is not looked at has none, of a linear model it is known, and what is dealt out is the same values.
import { describe, expect, it } from '@jest/globals';
import type { TableColumn } from '#contract/dataset.js';
import { rowsInMemory } from '#datasets/rows.js';
import { subset, type Examples } from '#engine/examples.js';
import { predict } from '#engine/evaluate.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { permutation, stream } from '#engine/random.js';
import { classTargets, valueTargets } from '#engine/targets.js';
import { dealtOut, permutationImportance, valuesOfColumn, type ColumnImportance } from '#report/permutation.js';
import { dense, everyTestFreesItsTensors, network } from '../support/networks.js';
import { valuesOf } from '../support/packed.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const numeric = (name: string, at: number): TableColumn => ({ name, kind: 'numeric', at, mean: 0, deviation: 1 });
const TOWN: TableColumn = { name: 'town', kind: 'categorical', at: 2, categories: ['Bonn', null] };
const COLUMNS = [numeric('age', 0), numeric('height', 1), TOWN, numeric('size', 5)];
const WIDTH = 6;
const COUNT = 500;

/** Rows as they are packed, in chunks of 7: a number, a number, a town of three places, a number. */
const rows = (() => {
  const draws = stream(1, 'test/table');
  const values = new Float32Array(COUNT * WIDTH);
  for (let row = 0; row < COUNT; row += 1) {
    for (const place of [0, 1, 5]) values[row * WIDTH + place] = draws.normal();
    values[row * WIDTH + 2 + draws.below(3)] = 1;
  }
  return { values, rows: rowsInMemory(values, [WIDTH], 7) };
})();
const cell = (row: number, place: number): number => rows.values[row * WIDTH + place]!;
const table = (targets: Examples['targets']): Examples => ({ count: COUNT, targets, rows: rows.rows, divideBy: [], rowOf: undefined, windowChunks: undefined });
const inOrder = Array.from({ length: COUNT }, (_, row) => row);

/** A linear model: 2 · age, nothing of height, 3 in Bonn, −1 · size. */
const KERNEL = [2, 0, 3, 0, 0, -1];
const truthOf = (row: number): number => KERNEL.reduce((sum, weight, place) => sum + weight * cell(row, place), 0);
const VALUES = table(valueTargets(Float32Array.from(inOrder, truthOf), 1));

/** Root of the mean squared error of that model, run as any other. */
async function rmse(examples: Examples): Promise<number> {
  const running = await buildNetwork(tf, network([WIDTH], [dense(1, 'linear')]), new Map([['dense_1/kernel', Float32Array.from(KERNEL)], ['dense_1/bias', new Float32Array(1)]]));
  const outputs = await predict(tf, running, examples);
  running.dispose();
  const { values } = examples.targets.of;
  return Math.sqrt(outputs.reduce((sum, output, at) => sum + (output - values[at]!) ** 2, 0) / examples.count);
}
const found = async (seed = 1, repeats = 4): Promise<{ baseline: number; columns: ColumnImportance[] }> => {
  const baseline = await rmse(VALUES);
  return { baseline, columns: await permutationImportance({ columns: COLUMNS, examples: VALUES, metric: 'rmse', baseline, measure: rmse, repeats, seed }) };
};

describe('permutation importance', () => {
  it('of values is the rise of the error, known for a linear model, and 0 for what is not looked at', async () => {
    const { baseline, columns } = await found();
    expect(baseline).toBeLessThan(1e-6);
    const of = Object.fromEntries(columns.map((column) => [column.column, column]));
    expect(of.height).toEqual({ column: 'height', importance: 0, deviation: 0, interval: [0, 0], repeats: [0, 0, 0, 0] });
    // Of two independent values the mean squared difference is twice the variance: √2 · |w| · the deviation of what was drawn.
    const deviationOf = (values: number[]): number => {
      const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length);
    };
    for (const [name, weight, place] of [['age', 2, 0], ['town', 3, 2], ['size', 1, 5]] as const) {
      const expected = Math.SQRT2 * weight * deviationOf(inOrder.map((row) => cell(row, place)));
      // Over 4 deals of 500 the root of the mean is off by about 1 in √(8 · 500).
      expect(Math.abs(of[name]!.importance / expected - 1)).toBeLessThan(0.06);
      const { repeats, importance, deviation, interval } = of[name]!;
      expect(importance).toBeCloseTo(repeats.reduce((sum, one) => sum + one, 0) / 4, 12);
      expect(deviation ** 2).toBeCloseTo(repeats.reduce((sum, one) => sum + (one - importance) ** 2, 0) / 3, 12);
      // t of 3 degrees of freedom at 95 %.
      expect(interval![1] - interval![0]).toBeCloseTo((2 * 3.182446305 * deviation) / 2, 8);
    }
  });

  it('of classes is the fall of the accuracy', async () => {
    const classes = Int32Array.from(inOrder, (row) => (cell(row, 0) > 0 ? 1 : 0));
    const accuracy = async (examples: Examples): Promise<number> => {
      const values = await valuesOf(examples.rows);
      return inOrder.filter((row) => (values[row * WIDTH]! > 0 ? 1 : 0) === examples.targets.of.values[row]).length / COUNT;
    };
    const examples = table(classTargets(classes));
    const baseline = await accuracy(examples);
    expect(baseline).toBe(1);
    const columns = await permutationImportance({ columns: COLUMNS, examples, metric: 'accuracy', baseline, measure: accuracy, repeats: 5, seed: 3 });
    expect(columns.slice(1).map(({ importance }) => importance)).toEqual([0, 0, 0]);
    // Who is right by chance: both signs are about as frequent.
    const ones = classes.filter((one) => one === 1).length / COUNT;
    expect(columns[0]!.importance).toBeCloseTo(2 * ones * (1 - ones), 1);
  });

  it('is the same by the same seed, and another by another', async () => {
    const [one, again, other] = [await found(7), await found(7), await found(8)];
    expect(again).toEqual(one);
    expect(other.columns[0]!.repeats).not.toEqual(one.columns[0]!.repeats);
  });

  it('of one repeat has no spread, and deals the first time as it would among more', async () => {
    const [one, more] = [await found(1, 1), await found(1, 2)];
    expect(one.columns[0]).toMatchObject({ deviation: 0, interval: null });
    expect(one.columns[0]!.repeats[0]).toBe(more.columns[0]!.repeats[0]);
  });
});

describe('a column that is dealt out', () => {
  const rowsOf = (values: ArrayLike<number>): number[][] => Array.from({ length: values.length / WIDTH }, (_, row) => Array.from({ length: WIDTH }, (_cell, place) => values[row * WIDTH + place]!));
  const before = rowsOf(rows.values);

  it.each(COLUMNS)('$name has the same values, those of one category together, and leaves the others alone', async (column) => {
    const order = permutation(5, 'test', 0, COUNT);
    const dealt = dealtOut(VALUES, await valuesOfColumn(column, VALUES.rows), order);
    expect(dealt.rows.origin).toBeUndefined();
    const after = rowsOf(await valuesOf(dealt.rows));
    const [from, to] = [column.at, column.at + (column.kind === 'numeric' ? 1 : 3)];
    const own = (row: number[]): string => row.slice(from, to).join();
    const rest = (row: number[]): string => [...row.slice(0, from), ...row.slice(to)].join();
    expect(after.map(own)).toEqual(inOrder.map((row) => own(before[order[row]!]!)));
    expect(after.map(own).sort()).toEqual(before.map(own).sort());
    expect(after.map(rest)).toEqual(before.map(rest));
    expect(rowsOf(rows.values)).toEqual(before);
  });

  it('among some of the examples takes nothing from the others', async () => {
    const chosen = Uint32Array.from({ length: 40 }, (_, at) => 3 + 11 * at);
    const some = subset(VALUES, chosen);
    const order = permutation(5, 'test', 0, 40);
    const after = rowsOf(await valuesOf(dealtOut(some, await valuesOfColumn(COLUMNS[0]!, some.rows), order).rows));
    expect([...chosen].map((row) => after[row]![0])).toEqual([...order].map((at) => before[chosen[at]!]![0]));
    const others = inOrder.filter((row) => !chosen.includes(row));
    expect(others.map((row) => after[row])).toEqual(others.map((row) => before[row]));
  });
});

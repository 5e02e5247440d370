// Examples told apart by a column, as packed rows have it.
import { describe, expect, it } from '@jest/globals';
import type { TableColumn } from '#contract/dataset.js';
import { rowsInMemory } from '#datasets/rows.js';
import { groupsOfColumns, membersOf } from '#report/slice-groups.js';

const AGE: TableColumn = { name: 'age', kind: 'numeric', at: 0, mean: 40, deviation: 10 };
const TOWN: TableColumn = { name: 'town', kind: 'categorical', at: 1, categories: ['Bonn', 'Ulm', null] };
/** A row as it is packed. */
const row = (age: number, town: number): number[] => [(age - 40) / 10, ...[0, 1, 2, 3].map((place) => (place === town ? 1 : 0))];
const none = async (): Promise<void> => undefined;
const told = ({ names, of }: { names: string[]; of: Uint32Array }): string[] => Array.from(of, (group) => names[group]!);

describe('groups of examples', () => {
  it('are the categories of a column, in rows of all parts and chunks', async () => {
    const parts = [[row(20, 0), row(30, 1), row(40, 1)], [row(50, 2), row(60, 3)]].map((rows) => rowsInMemory(Float32Array.from(rows.flat()), [5], 2));
    const [town] = await groupsOfColumns([TOWN], parts, none);
    expect(town).toMatchObject({ column: 'town', kind: 'categorical', names: ['Bonn', 'Ulm', 'missing', 'other'] });
    expect(told(town!)).toEqual(['Bonn', 'Ulm', 'Ulm', 'missing', 'other']);
    expect(membersOf(town!).map((members) => [...members])).toEqual([[0], [1, 2], [3], [4]]);
  });

  it('are quarters of numbers, in the unit of the table', async () => {
    const ages = [61, 20, 35, 28, 44, 52, 70, 39];
    const [age] = await groupsOfColumns([AGE], [rowsInMemory(Float32Array.from(ages.flatMap((value) => row(value, 0))), [5], 3)], none);
    expect(membersOf(age!).map((members) => Array.from(members, (at) => ages[at]!).sort((a, b) => a - b))).toEqual([[20, 28], [35, 39], [44, 52], [61, 70]]);
    expect(age!.names[0]).toBe('from 20 to 33.25');
    expect(age!.names[3]).toMatch(/^above 54.25 to 70$/);
  });

  it('are fewer where many numbers are equal, and one where all are', async () => {
    const of = async (ages: number[]) => (await groupsOfColumns([AGE], [rowsInMemory(Float32Array.from(ages.flatMap((value) => row(value, 0))), [5])], none))[0]!;
    expect(membersOf(await of([30, 30, 30, 30, 30, 60])).map(({ length }) => length)).toEqual([5, 1]);
    expect(membersOf(await of([30, 30, 30])).map(({ length }) => length)).toEqual([3]);
  });
});

// Rows on their way into the table that steps take them from.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rowsInMemory, type Rows, type RowValues } from '#datasets/rows.js';
import { firstOfChunks, inOrder, subset, type Examples } from '#engine/examples.js';
import { Feed, rowsInOrder, rowsToShuffle } from '#engine/feed.js';
import type { Table } from '#engine/table.js';
import { classTargets } from '#engine/targets.js';
import { shuffledWindows } from '#engine/windows.js';
import { failureOfPromise } from '../support/networks.js';
import { ServiceError } from '#contract/errors.js';

/** Row i holds i and i again, so that a row put together of two is seen. */
function numbered(count: number, chunkRows: number, windowChunks?: number): Examples {
  const rows = rowsInMemory(Float32Array.from({ length: 2 * count }, (_, at) => Math.floor(at / 2)), [2], chunkRows);
  return { count, targets: classTargets(new Int32Array(count)), rows, divideBy: [], rowOf: undefined, windowChunks };
}

/** A table that can be looked at: the row in each place, and the example it is said to be. */
class Watched implements Table {
  readonly held: { row: number; example: number }[] = [];
  written = 0;
  constructor(readonly rows: number) {}

  write(places: Uint32Array, values: RowValues, examples: Uint32Array): void {
    expect([values.length, examples.length]).toEqual([2 * places.length, places.length]);
    places.forEach((place, at) => {
      expect(place).toBeLessThan(this.rows);
      expect(values[2 * at]).toBe(values[2 * at + 1]);
      this.held[place] = { row: values[2 * at]!, example: examples[at]! };
    });
    this.written += places.length;
  }
}

/** What is trained on or measured, in the order it is: the rows found in the table when their turn comes, a list for each time. */
async function taken(feed: AsyncGenerator<Uint32Array>, table: Watched, examples: Examples): Promise<number[][]> {
  const lists: number[][] = [];
  for await (const order of feed) {
    lists.push(Array.from(order, (place) => {
      const { row, example } = table.held[place]!;
      expect(row).toBe(examples.rowOf?.[example] ?? example);
      return example;
    }));
  }
  return lists;
}

const cases = fc.record({
  rows: fc.integer({ min: 1, max: 90 }),
  chunkRows: fc.integer({ min: 1, max: 12 }),
  windowChunks: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  batchSize: fc.integer({ min: 1, max: 30 }),
  every: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(),
});
const examplesOf = ({ rows, chunkRows, windowChunks, every }: { rows: number; chunkRows: number; windowChunks: number | undefined; every: number }): Examples => {
  const all = numbered(rows, chunkRows, windowChunks);
  return every === 1 ? all : subset(all, inOrder(rows).filter((row) => row % every !== 1));
};

describe('a feed that shuffles', () => {
  it('gives, epoch after epoch, what the windows say: in whole batches, and one short one at the end', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (of) => {
        const examples = examplesOf(of);
        const table = new Watched(rowsToShuffle(examples, of.batchSize));
        const feed = new Feed(examples, table, of.batchSize);
        for (const epoch of [1, 2, 3]) {
          const lists = await taken(feed.shuffled(of.seed, epoch), table, examples);
          expect(lists.flat()).toEqual([...shuffledWindows(firstOfChunks(examples), of.windowChunks, of.seed, epoch)].flatMap((window) => [...window.examples]));
          for (const list of lists.slice(0, -1)) expect(list.length % of.batchSize).toBe(0);
        }
      }),
    );
  });

  it('reads once what the table holds whole, and each epoch what it does not', async () => {
    const counts = async (examples: Examples): Promise<number> => {
      const table = new Watched(rowsToShuffle(examples, 4));
      const feed = new Feed(examples, table, 4);
      for (const epoch of [1, 2, 3]) await taken(feed.shuffled(1, epoch), table, examples);
      return table.written;
    };
    expect(await counts(numbered(50, 5))).toBe(50);
    expect(await counts(numbered(50, 5, 2))).toBe(150);
  });

  it('asks for the next window before the steps of one are taken, and not for more', async () => {
    const examples = numbered(40, 5, 2);
    const told: string[] = [];
    const rows: Rows = {
      ...examples.rows,
      async read(chunks, target, at) {
        told.push('asked');
        await examples.rows.read(chunks, target, at);
      },
    };
    const watched = { ...examples, rows };
    const feed = new Feed(watched, new Watched(rowsToShuffle(watched, 10)), 10);
    for await (const order of feed.shuffled(1, 1)) told.push(`${order.length} taken`);
    expect(told).toEqual(['asked', 'asked', '10 taken', 'asked', '10 taken', 'asked', '10 taken', '10 taken']);
  });

  it('ends with the failure of a read, also of one that fails while steps are taken', async () => {
    const examples = numbered(40, 5, 2);
    for (const failsAt of [1, 2, 4]) {
      let reads = 0;
      const rows: Rows = {
        ...examples.rows,
        async read(chunks, target, at) {
          reads += 1;
          if (reads === failsAt) throw ServiceError.of('STORE_CORRUPT', 'train.inputs.u8');
          await examples.rows.read(chunks, target, at);
        },
      };
      const broken = { ...examples, rows };
      const table = new Watched(rowsToShuffle(broken, 10));
      const feed = new Feed(broken, table, 10);
      expect((await failureOfPromise(taken(feed.shuffled(1, 1), table, broken))).code).toBe('STORE_CORRUPT');
    }
  });

  it('that is left in the middle waits for the read under way', async () => {
    const examples = numbered(40, 5, 2);
    let [under, most] = [0, 0];
    const rows: Rows = {
      ...examples.rows,
      async read(chunks, target, at) {
        under += 1;
        most = Math.max(most, under);
        await new Promise((resolve) => setImmediate(resolve));
        await examples.rows.read(chunks, target, at);
        under -= 1;
      },
    };
    const slow = { ...examples, rows };
    const feed = new Feed(slow, new Watched(rowsToShuffle(slow, 10)), 10);
    for await (const order of feed.shuffled(1, 1)) {
      expect([order.length, under]).toEqual([10, 1]);
      break;
    }
    expect([under, most]).toEqual([0, 1]);
  });
});

describe('a feed in order', () => {
  it('gives every example in order, in whole batches and a short one at the end, again and again', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 50 }), async (of, windowRows) => {
        const examples = examplesOf(of);
        const table = new Watched(rowsInOrder(examples, of.batchSize, windowRows));
        const feed = new Feed(examples, table, of.batchSize);
        for (let time = 0; time < 2; time += 1) {
          const lists = await taken(feed.inOrder(), table, examples);
          expect(lists.flat()).toEqual([...inOrder(examples.count)]);
          for (const list of lists.slice(0, -1)) expect(list.length % of.batchSize).toBe(0);
        }
      }),
    );
  });
});

// The order in which an epoch goes through examples of which a window lies in memory.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstOfChunks, inOrder } from '#engine/examples.js';
import { permutation } from '#engine/random.js';
import { shuffledWindows, WINDOW_BYTES, windowChunksOf, windowsInOrder, type Window } from '#engine/windows.js';

/** Examples in chunks: all rows, or those that are wanted. */
const layouts = fc
  .record({ rows: fc.integer({ min: 1, max: 120 }), chunkRows: fc.integer({ min: 1, max: 20 }), every: fc.integer({ min: 1, max: 7 }) })
  .map(({ rows, chunkRows, every }) => {
    const rowOf = every === 1 ? undefined : inOrder(rows).filter((row) => row % every !== 1);
    const count = rowOf?.length ?? rows;
    const first = firstOfChunks({ count, rowOf, rows: { count: rows, chunkRows, shape: [1], dtype: 'uint8', read: async () => undefined } });
    return { rows, chunkRows, rowOf, count, first };
  });
const draws = { seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }), epoch: fc.integer({ min: 1, max: 1000 }), windowChunks: fc.integer({ min: 1, max: 9 }) };
const all = (windows: Window[]): number[] => windows.flatMap(({ examples }) => [...examples]);
const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

describe('the examples of chunks', () => {
  it('are those whose rows lie in them', () => {
    fc.assert(
      fc.property(layouts, ({ count, chunkRows, rowOf, first }) => {
        for (let example = 0; example < count; example += 1) {
          const chunk = Math.floor((rowOf?.[example] ?? example) / chunkRows);
          expect([first[chunk]! <= example, example < first[chunk + 1]!]).toEqual([true, true]);
        }
        expect(first.at(-1)).toBe(count);
      }),
    );
  });
});

describe('shuffled windows', () => {
  it('have every example once, and none of a chunk that is not theirs; no window has more chunks than asked for', () => {
    fc.assert(
      fc.property(layouts, fc.record(draws), ({ count, first }, { seed, epoch, windowChunks }) => {
        const windows = [...shuffledWindows(first, windowChunks, seed, epoch)];
        expect(sorted(all(windows))).toEqual([...inOrder(count)]);
        for (const { chunks, examples } of windows) {
          expect(chunks.length).toBeLessThanOrEqual(windowChunks);
          expect(sorted(examples)).toEqual(sorted([...chunks].flatMap((chunk) => [...inOrder(count)].slice(first[chunk], first[chunk + 1]))));
        }
      }),
    );
  });

  it('are a function of seed and epoch', () => {
    fc.assert(
      fc.property(layouts, fc.record(draws), ({ first }, { seed, epoch, windowChunks }) => {
        expect([...shuffledWindows(first, windowChunks, seed, epoch)]).toEqual([...shuffledWindows(first.slice(), windowChunks, seed, epoch)]);
      }),
    );
    const first = firstOfChunks({ count: 90, rowOf: undefined, rows: { count: 90, chunkRows: 5, shape: [1], dtype: 'uint8', read: async () => undefined } });
    const orders = [[1, 1], [1, 2], [2, 1]].map(([seed, epoch]) => JSON.stringify(all([...shuffledWindows(first, 4, seed!, epoch!)])));
    expect(new Set(orders).size).toBe(3);
  });

  it('that hold everything are one: the permutation of all examples that a set in memory is trained in', () => {
    fc.assert(
      fc.property(layouts, fc.record(draws), ({ count, first }, { seed, epoch }) => {
        for (const windowChunks of [undefined, first.length - 1, 1000]) {
          const windows = [...shuffledWindows(first, windowChunks, seed, epoch)];
          expect(windows).toHaveLength(1);
          expect(windows[0]!.examples).toEqual(permutation(seed, 'shuffle', epoch, count));
        }
      }),
    );
  });

  it('mix data that are sorted by class: each window has a little of most', () => {
    // 100 chunks of 10 examples, the class of each its tenth of the set; windows of 20 chunks.
    const first = Uint32Array.from({ length: 101 }, (_, chunk) => 10 * chunk);
    const classes = [...shuffledWindows(first, 20, 1, 1)].map(({ examples }) => new Set(examples.map((example) => Math.floor(example / 100))).size);
    expect(classes).toHaveLength(5);
    expect(Math.min(...classes)).toBeGreaterThanOrEqual(7);
  });
});

describe('windows in order', () => {
  it('have every example, in order, and no more than asked for unless one chunk has more', () => {
    fc.assert(
      fc.property(layouts, fc.integer({ min: 1, max: 60 }), ({ count, first }, most) => {
        const windows = [...windowsInOrder(first, most)];
        expect(all(windows)).toEqual([...inOrder(count)]);
        for (const { chunks, examples } of windows) expect(examples.length <= most || chunks.length === 1).toBe(true);
      }),
    );
  });
});

it.each([
  ['pictures of MNIST', [28, 28, 1], 'uint8', 1337],
  ['rows of four numbers', [4], 'float32', 2 ** 16],
  ['a row larger than a window', [10_000, 10_000], 'uint8', 1],
] as const)('a window of %s is about as large as all others, and a chunk at least', (_, shape, dtype, chunkRows) => {
  const rowBytes = shape.reduce((product: number, size) => product * size, dtype === 'uint8' ? 1 : 4);
  const bytes = windowChunksOf({ shape, dtype, chunkRows }) * chunkRows * rowBytes;
  expect(bytes <= WINDOW_BYTES || bytes === rowBytes).toBe(true);
  expect(bytes).toBeGreaterThan(0.9 * WINDOW_BYTES);
});

// Duplicates, exact and near, against comparing all pairs.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { PARTS, type PartName } from '#contract/parts.js';
import type { Batch } from '#datasets/packed-writer.js';
import { exactDuplicates } from '#datasets/report/exact-duplicates.js';
import { nearDuplicates } from '#datasets/report/near-duplicates.js';
import { RowHashes } from '#datasets/report/row-hashes.js';
import { Survey } from '#datasets/report/survey.js';
import { hashOf, Thumbnails } from '#datasets/report/thumbnails.js';
import { generate } from '#datasets/generators/registry.js';

interface Row {
  part: PartName;
  values: number[];
  label: number;
}

function hashed(rows: readonly Row[], mostRows?: number): RowHashes {
  const hashes = new RowHashes(rows[0]!.values.length, mostRows);
  for (const { part, values, label } of rows) hashes.add({ part, values: Uint8Array.from(values), labels: Int32Array.of(label) });
  return hashes;
}

const same = (one: Row, other: Row): boolean => one.values.join() === other.values.join();

describe('exact duplicates', () => {
  const row = fc.record({ part: fc.constantFrom(...PARTS), values: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(1)).map((values) => [...values]), label: fc.nat(1) });

  it('are those that comparing all rows finds', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
        const found = exactDuplicates(hashed(rows));
        const indices = [...rows.keys()];
        const before = (at: number, is: (other: Row) => boolean): boolean => rows.some((other, place) => same(other, rows[at]!) && is(other) && place !== at);
        expect(found.across).toEqual(indices.filter((at) => before(at, (other) => PARTS.indexOf(other.part) < PARTS.indexOf(rows[at]!.part))));
        expect(found.within).toEqual(indices.filter((at) => rows.slice(0, at).some((other) => same(other, rows[at]!) && other.part === rows[at]!.part)));
        const first = indices.filter((at) => rows.findIndex((other) => same(other, rows[at]!)) === at);
        expect(found.conflicts).toEqual(first.filter((at) => rows.some((other) => same(other, rows[at]!) && other.label !== rows[at]!.label)));
      }),
      { numRuns: 300 },
    );
  });

  it('are told apart by rows of any length and by every byte of them', () => {
    for (const length of [1, 2, 3, 4, 5, 7, 8, 785]) {
      const base = Array.from({ length }, (_, at) => at % 251);
      const rows: Row[] = base.map((_, changed) => ({ part: 'train', label: 0, values: base.map((value, at) => (at === changed ? value + 1 : value)) }));
      expect(exactDuplicates(hashed([{ part: 'train', label: 0, values: base }, ...rows])).within).toEqual([]);
    }
  });

  it('are counted among a share of the rows where there are more than are remembered, all copies or none', () => {
    const rows: Row[] = Array.from({ length: 4_000 }, (_, at) => ({ part: at < 2_000 ? 'train' : 'test', label: 0, values: [Math.floor((at % 2_000) / 250), at % 250, 7] }));
    const hashes = hashed(rows, 1_000);
    const { across } = exactDuplicates(hashes);
    expect(hashes.count).toBeLessThanOrEqual(1_000);
    expect(hashes.share).toBeLessThan(1);
    expect(hashes.count).toBe(2 * across.length);
    expect(across.length / hashes.share).toBeGreaterThan(1_400);
    expect(across.length / hashes.share).toBeLessThan(2_600);
  });

  it('of one row without end leave no room for others, and no harm', () => {
    const rows: Row[] = Array.from({ length: 5_000 }, () => ({ part: 'train', label: 0, values: [1, 2, 3] }));
    expect(hashed(rows, 100).count).toBeLessThanOrEqual(100);
  });
});

const SHAPE = [16, 18, 1] as const;
const PIXELS = 16 * 18;

function thumbnailsOf(pictures: readonly Uint8Array[]): Thumbnails {
  const thumbnails = new Thumbnails(SHAPE, 10_000);
  for (const picture of pictures) thumbnails.add(picture);
  return thumbnails;
}

/** By the definition alone: every pair, bit by bit and value by value. */
function pairsOf(thumbnails: Thumbnails): string[] {
  const pairs: string[] = [];
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const looks = Array.from({ length: thumbnails.count }, (_, at) => [...thumbnails.of(at)]);
  const contrast = looks.map((values) => mean(values.map((value) => Math.abs(value - mean(values)))));
  for (let one = 0; one < looks.length; one += 1) {
    for (let other = one + 1; other < looks.length; other += 1) {
      const [a, b] = [hashOf(thumbnails.of(one)), hashOf(thumbnails.of(other))];
      const bits = a.reduce((sum, bit, at) => sum + (bit ^ b[at]!), 0);
      const difference = mean(looks[one]!.map((value, at) => Math.abs(value - looks[other]![at]!)));
      if (bits <= 3 && difference <= 0.03 * ((contrast[one]! + contrast[other]!) / 2 + 0.01)) pairs.push(`${one} ${other}`);
    }
  }
  return pairs;
}

/** What is seen of glyphs as they pass. */
async function surveyed(batches: readonly Batch[]): Promise<Survey> {
  const survey = new Survey({ shape: [28, 28, 1], dtype: 'uint8', classNames: ['a', 'b'] });
  const passed: Batch[] = [];
  for await (const batch of survey.watching(Readable.from(batches))) passed.push(batch);
  expect(passed).toEqual(batches);
  return survey;
}

/** Numbers from 0 to 1, the same for the same seed. */
function drawing(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** Three soft blobs, lighter or darker than a plain grey, in 9 × 8. */
function blobsOf(draw: () => number): Uint8Array {
  const grey = 80 + 100 * draw();
  const blobs = Array.from({ length: 3 }, () => ({ x: 9 * draw(), y: 8 * draw(), width: 1 + 3 * draw(), height: 150 - 300 * draw() }));
  return Uint8Array.from({ length: 72 }, (_, at) => {
    const value = blobs.reduce((sum, { x, y, width, height }) => sum + height * Math.exp(-((at % 9 - x) ** 2 + (Math.floor(at / 9) - y) ** 2) / width ** 2), grey);
    return Math.max(0, Math.min(250, Math.round(value)));
  });
}

describe('near duplicates', () => {
  /** Pictures of soft blobs, and copies of them with some noise. */
  const scene = fc.record({ x: fc.nat(17), y: fc.nat(15), copies: fc.integer({ min: 1, max: 3 }), noise: fc.nat(12) });

  it('are those that comparing all pictures finds', () => {
    let most = 0;
    fc.assert(
      fc.property(fc.array(scene, { minLength: 2, maxLength: 15 }), fc.infiniteStream(fc.integer({ min: -100, max: 100 })), (scenes, stream) => {
        const draws = stream[Symbol.iterator]();
        const pictures = scenes.flatMap(({ x, y, copies, noise }) =>
          Array.from({ length: copies }, () =>
            Uint8Array.from({ length: PIXELS }, (_, at) => {
              const value = 200 - 12 * Math.hypot((at % 18) - x, Math.floor(at / 18) - y) + (noise * (draws.next().value as number)) / 100;
              return Math.max(0, Math.min(255, Math.round(value)));
            }),
          ),
        );
        const thumbnails = thumbnailsOf(pictures);
        const found = new Set<string>();
        const complete = nearDuplicates(thumbnails, Uint32Array.from(pictures.keys()), (one, other) => void found.add(`${one} ${other}`));
        const wanted = pairsOf(thumbnails);
        most = Math.max(most, wanted.length);
        expect(complete).toBe(true);
        expect([...found].sort()).toEqual(wanted.sort());
      }),
      { numRuns: 60 },
    );
    expect(most).toBeGreaterThan(3);
  });

  it('are those that comparing all finds, where a tree of several levels holds them', () => {
    const draw = drawing(3);
    const blobs = Array.from({ length: 80 }, () => blobsOf(draw));
    const thumbnails = new Thumbnails([8, 9, 1], 1_000);
    for (const picture of [...blobs, ...blobs.slice(0, 60).map((blob) => blob.map((value) => value + 1.6 * draw()))]) thumbnails.add(picture);
    const found: string[] = [];
    nearDuplicates(thumbnails, Uint32Array.from({ length: thumbnails.count }, (_, at) => at), (one, other) => void found.push(`${one} ${other}`));
    const wanted = pairsOf(thumbnails);
    expect(wanted.length).toBeGreaterThan(20);
    expect(found.sort()).toEqual(wanted.sort());
  });

  it('are looked for up to so many comparisons, and it is said that there were more', () => {
    const pictures = Array.from({ length: 30 }, () => new Uint8Array(PIXELS).fill(9));
    expect(nearDuplicates(thumbnailsOf(pictures), Uint32Array.from(pictures.keys()), () => undefined, 100)).toBe(false);
  });

  it('of 20,000 pictures are all found with a two-hundredth of the comparisons that all pairs would be', () => {
    const [draw, pictures, planted] = [drawing(7), 20_000, 100];
    const thumbnails = new Thumbnails([8, 9, 1], pictures);
    const blobs = Array.from({ length: pictures - planted }, () => blobsOf(draw));
    for (const picture of blobs) thumbnails.add(picture);
    for (const picture of blobs.slice(0, planted)) thumbnails.add(picture.map((value, at) => (at % 9 === 0 ? value + 1 : value)));
    const copies = new Set<number>();
    const complete = nearDuplicates(thumbnails, Uint32Array.from({ length: pictures }, (_, at) => at), (first, other) => {
      if (other === first + pictures - planted) copies.add(first);
    }, (pictures * pictures) / 2 / 200);
    expect([complete, copies.size]).toEqual([true, planted]);
  });

  it('that are plain pictures are near only where their grey is the same', () => {
    const thumbnails = thumbnailsOf([9, 9, 10].map((grey) => new Uint8Array(PIXELS).fill(grey)));
    const found = new Set<string>();
    nearDuplicates(thumbnails, Uint32Array.of(0, 1, 2), (one, other) => void found.add(`${one} ${other}`));
    expect([...found]).toEqual(['0 1']);
  });

  it('are found across parts where a glyph is a little lighter, and are no exact ones', async () => {
    const raw = generate({ name: 'glyph_letters', examples: 100, seed: 3 });
    if (!('parts' in raw.content)) throw new Error('A generator makes both parts.');
    let first: Uint8Array | undefined;
    for await (const values of raw.content.parts.train.rows()) first ??= values.slice(0, 784) as Uint8Array;
    const lighter = first!.map((value) => Math.round(value * 0.99));
    const survey = await surveyed([
      { part: 'train', values: first!, labels: Int32Array.of(0) },
      { part: 'test', values: lighter, labels: Int32Array.of(0) },
    ]);
    const { counts, across } = survey.duplicates();
    expect(counts).toMatchObject({ across_parts: { exact: 0, near: 1 }, within_parts: { exact: 0, near: 0 }, label_conflicts: 0 });
    expect(across).toEqual([{ rows: [{ part: 'train', index: 0 }, { part: 'test', index: 0 }], labels: [0] }]);
  });
});

// Tests of datasets/generators: the drawn data sets are functions of their seed, balanced, and stay inside their images.
import { describe, expect, it } from '@jest/globals';
import { GENERATORS, type GeneratorName } from '#contract/dataset.js';
import { countClasses } from '#datasets/raw-dataset.js';
import { generate } from '#datasets/generators/registry.js';
import { drawn, type InMemory } from '../support/packed.js';

const PIXELS = 28 * 28;

/** Equality of megabytes; `toEqual` would compare them one by one, slowly. */
const same = (some: Uint8Array, other: Uint8Array): boolean => Buffer.compare(some, other) === 0;

const partsOf = async (name: GeneratorName, examples: number, seed: number): Promise<InMemory['parts']> => (await drawn({ name, examples, seed })).parts;

describe.each(GENERATORS)('%s', (name) => {
  it('draws the same bytes for the same seed, and others for another', async () => {
    const first = await partsOf(name, 120, 7);
    const again = await partsOf(name, 120, 7);
    for (const part of ['train', 'test'] as const) {
      expect(again[part].labels).toEqual(first[part].labels);
      expect(same(again[part].inputs, first[part].inputs)).toBe(true);
    }
    const other = await partsOf(name, 120, 8);
    expect(same(other.train.inputs, first.train.inputs)).toBe(false);
    expect(other.train.labels).not.toEqual(first.train.labels);
  });

  it('begins, part by part, as a larger one of the same seed does', async () => {
    const small = await partsOf(name, 130, 1);
    const large = await partsOf(name, 200, 1);
    for (const part of ['train', 'test'] as const) {
      const examples = small[part].labels.length;
      expect(large[part].labels.subarray(0, examples)).toEqual(small[part].labels);
      expect(same(large[part].inputs.subarray(0, examples * PIXELS), small[part].inputs)).toBe(true);
    }
  });

  it.each([
    [100, 82, 18],
    [600, 500, 100],
    [1207, 1006, 201],
  ])('parts %i examples about 5 : 1 with all classes even', async (examples, train, test) => {
    const parts = await partsOf(name, examples, 3);
    expect([parts.train.labels.length, parts.test.labels.length]).toEqual([train, test]);
    for (const { labels, inputs } of [parts.train, parts.test]) {
      const counts = countClasses(labels, 10);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1 + Number(examples % 10 !== 0));
      expect(inputs.length).toBe(labels.length * PIXELS);
    }
  });

  it('does not come in the order of its classes', async () => {
    const { labels } = (await partsOf(name, 600, 1)).train;
    const following = labels.filter((label, at) => at > 0 && label === (labels[at - 1]! + 1) % 10).length;
    expect(following).toBeLessThan(100); // about a ninth of 500 by chance
  });

  it('draws bright strokes on a dark ground, away from the rim', async () => {
    const { inputs, labels } = (await partsOf(name, 600, 5)).train;
    let brightAtRim = 0;
    for (let example = 0; example < labels.length; example += 1) {
      const image = inputs.subarray(example * PIXELS, (example + 1) * PIXELS);
      const bright = image.filter((value) => value > 128).length;
      expect(bright).toBeGreaterThan(15);
      expect(bright).toBeLessThan(PIXELS / 2);
      brightAtRim += image.filter((value, at) => value > 128 && (at < 28 || at >= PIXELS - 28 || at % 28 === 0 || at % 28 === 27)).length;
    }
    expect(brightAtRim / labels.length).toBeLessThan(0.1);
  });
});

describe('the generators', () => {
  it('draw digits and letters that differ', async () => {
    const [digits, letters] = [await partsOf('glyph_digits', 100, 1), await partsOf('glyph_letters', 100, 1)];
    expect(same(digits.train.inputs, letters.train.inputs)).toBe(false);
  });

  it('name their classes', () => {
    expect(generate({ name: 'glyph_digits', examples: 100, seed: 1 }).classNames.join('')).toBe('0123456789');
    expect(generate({ name: 'glyph_letters', examples: 100, seed: 1 }).classNames.join('')).toBe('ABCDEFGHIJ');
  });
});

// Data sets of drawn glyphs: which class each example is of, which part it goes to, and its picture.
import { permutation, stream } from '../../engine/random.js';
import type { SourcePart } from '../raw-dataset.js';
import { drawHandwriting } from './distortion.js';
import { drawGlyph } from './draw-glyph.js';
import type { Generator } from './generator.js';
import type { Glyph } from './strokes.js';

const SIDE_PIXELS = 28;
const SHAPE = [SIDE_PIXELS, SIDE_PIXELS, 1];
const PIXELS = SIDE_PIXELS * SIDE_PIXELS;
const DRAWN_AT_ONCE = 1_000;
/** Of this many examples of a class, one is for testing. */
const TEST_EVERY = 6;

interface Example {
  readonly index: number;
  readonly label: number;
}

/**
 * A generator for these classes. Example `index` is a function of seed and index alone, and so is its part: a smaller
 * data set of the same seed is the beginning, part by part, of a larger one. Each row of as many examples as there are
 * classes holds every class once, and every class gives one of six examples to the test part: counts differ by one at most.
 * @param site name of the generator, by which its draws differ from other generators'
 */
export function glyphGenerator(site: string, classNames: readonly string[], variants: readonly (readonly Glyph[])[]): Generator {
  return (examples, seed) => {
    const train: Example[] = [];
    const test: Example[] = [];
    for (let row = 0; row * classNames.length < examples; row += 1) {
      permutation(seed, `${site}/order`, row, classNames.length).forEach((label, at) => {
        const index = row * classNames.length + at;
        if (index >= examples) return;
        // Classes take their turns in different rows, so that any number of examples is parted about 5 : 1.
        (label % TEST_EVERY === row % TEST_EVERY ? test : train).push({ index, label });
      });
    }
    const draw = (chosen: readonly Example[]) => drawExamples(chosen, seed, site, variants);
    return { shape: SHAPE, dtype: 'uint8', classNames, content: { parts: { train: draw(train), test: draw(test) } } };
  };
}

function drawExamples(examples: readonly Example[], seed: number, site: string, variants: readonly (readonly Glyph[])[]): SourcePart {
  const draw = ({ index, label }: Example, onto: Uint8Array): void => {
    const draws = stream(seed, `${site}/picture`, index);
    const ways = variants[label] as readonly Glyph[];
    const glyph = ways[draws.below(ways.length)] as Glyph;
    drawGlyph(onto, SIDE_PIXELS, glyph, drawHandwriting(draws, SIDE_PIXELS), draws);
  };
  return {
    labels: Int32Array.from(examples, ({ label }) => label),
    async *rows() {
      for (let from = 0; from < examples.length; from += DRAWN_AT_ONCE) {
        const some = examples.slice(from, from + DRAWN_AT_ONCE);
        const values = new Uint8Array(some.length * PIXELS);
        some.forEach((example, at) => draw(example, values.subarray(at * PIXELS, (at + 1) * PIXELS)));
        yield values;
      }
    },
  };
}

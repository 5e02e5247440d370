// The list of generators; the contract names them, and the compiler asks for each.
import type { Generate, GeneratorName } from '../../contract/dataset.js';
import type { RawDataset } from '../raw-dataset.js';
import { DIGITS } from './digits.js';
import type { Generator } from './generator.js';
import { glyphGenerator } from './glyphs.js';
import { LETTERS } from './letters.js';

const GENERATORS: Readonly<Record<GeneratorName, Generator>> = {
  glyph_digits: glyphGenerator('glyph_digits', [...'0123456789'], DIGITS),
  glyph_letters: glyphGenerator('glyph_letters', [...'ABCDEFGHIJ'], LETTERS),
};

/** Draws a data set: both parts, the same bytes for the same name, number of examples and seed. */
export const generate = ({ name, examples, seed }: Generate): RawDataset => GENERATORS[name](examples, seed);

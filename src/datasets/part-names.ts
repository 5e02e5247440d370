// How sources name their parts: by a word of its own (a folder, a cell), or somewhere in the name of a file.
import { PARTS, type PartName } from '../contract/parts.js';

const WORDS: ReadonlyMap<string, PartName> = new Map([
  ['train', 'train'], ['training', 'train'],
  ['val', 'validation'], ['valid', 'validation'], ['validation', 'validation'], ['dev', 'validation'],
  ['test', 'test'], ['testing', 'test'],
]);

/** The part that a word names, in any case. */
export const partNamed = (word: string): PartName | undefined => WORDS.get(word.toLowerCase());

/** "test" counts at the start of a word ("latest" is none), "val" as a whole one ("values" is none), "train" anywhere. */
const IN_NAMES: Readonly<Record<PartName, RegExp>> = { train: /train/i, validation: /(^|[^a-z])val(id(ation)?)?([^a-z]|$)/i, test: /(^|[^a-z])(t10k|test)/i };

/** The part a file's name speaks of; undefined where it speaks of none, or of several. */
export function partInName(name: string): PartName | undefined {
  const named = PARTS.filter((part) => IN_NAMES[part].test(name));
  return named.length === 1 ? named[0] : undefined;
}

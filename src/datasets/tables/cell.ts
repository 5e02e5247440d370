// What a cell says: a number, a missing value, or a text; and the one number it is kept as while a table is read.
import type { Cell } from './table.js';

/** Numbers are packed as float32; what is beyond it is no number here. */
const LARGEST = 3.4028234663852886e38;
/** Larger than any number that is read, so that texts are told from numbers by their size. A power of two: text i is (i + 1) times this, exactly. */
const TEXT = 2 ** 200;
const MISSING: ReadonlySet<string> = new Set(['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '?']);
/** JavaScript reads these as numbers; no table means them so. */
const PREFIXED = /^[+-]?0[xob]/i;

/** The number a text says, in decimal notation, with or without an exponent; undefined where it says none. */
export function numberIn(text: string): number | undefined {
  const number = Number(text);
  return Math.abs(number) <= LARGEST && text.trim() !== '' && !PREFIXED.test(text) ? number : undefined;
}

export const isMissingText = (text: string): boolean => text.length <= 4 && MISSING.has(text.toLowerCase());

export const MISSING_CODE = NaN;
export const codeOfText = (id: number): number => TEXT * (id + 1);
/** The place of a text in its column's list; undefined for a number or a missing value. */
export const textIn = (code: number): number | undefined => (code >= TEXT ? code / TEXT - 1 : undefined);
export const isNumber = (code: number): boolean => code < TEXT;

/** What a cell says, read: texts are trimmed. @param literally numbers as the texts they are written as */
export function read(cell: Cell, literally: boolean): Cell {
  if (typeof cell === 'number' && !literally) return Number.isNaN(cell) ? null : Math.abs(cell) <= LARGEST ? cell : String(cell);
  if (cell === null) return null;
  const text = String(cell).trim();
  if (isMissingText(text)) return null;
  return literally ? text : (numberIn(text) ?? text);
}

// Numbers as people read them: the unit after a space that does not break, minus signs that are ones.

const SPACE = '\u00a0';
const MINUS = '\u2212';
const NONE = '–';

const signed = (text: string): string => text.replace(/^-/, MINUS);

/** A share, in per cent. */
export const percent = (share: number | null): string => (share === null ? NONE : `${signed((100 * share).toFixed(1))}${SPACE}%`);

/** A difference of shares, in percentage points. */
export const points = (difference: number | null): string => (difference === null ? NONE : `${plus(difference)}${signed((100 * difference).toFixed(1))}${SPACE}points`);

/** Any other number, to four digits. */
export const plain = (value: number | null): string => (value === null ? NONE : signed(String(Number(value.toPrecision(4)))));

export const difference = (value: number | null): string => (value === null ? NONE : `${plus(value)}${plain(value)}`);

const plus = (value: number): string => (value > 0 ? '+' : '');

/** How numbers of a metric are written, and differences of it. */
export interface Writing {
  value: (value: number | null) => string;
  difference: (value: number | null) => string;
}
export const SHARES: Writing = { value: percent, difference: points };
export const VALUES: Writing = { value: plain, difference };

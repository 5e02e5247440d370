// How numbers of a report are written: parts of 1 as percents and their differences as points, values as they are.
import type { Interval, Proportion } from '../../../contract/transfer-report.js';
import type { Task } from '../../../contract/task.js';
import { number, percent, signed } from '../../format.js';

export interface Writing {
  value: (value: number) => string;
  difference: (value: number) => string;
  /** A difference along an axis, where there is no room for its unit. */
  mark: (value: number) => string;
}

const short = (size: number): string => String(Number(size.toPrecision(3)));
/** What rounds to nothing has no sign. */
const plain = (value: number, digits: (size: number) => string): string => (Number(digits(Math.abs(value))) === 0 ? digits(0) : signed(value, digits));
export const points = (difference: number): string => `${plain(100 * difference, (size) => size.toFixed(2))}\u00a0points`;
const SHARES: Writing = { value: percent, difference: points, mark: (value) => plain(100 * value, short) };
const VALUES: Writing = { value: number, difference: (value) => signed(value), mark: (value) => plain(value, short) };
export const writingOf = (task: Task): Writing => (task === 'classification' ? SHARES : VALUES);

export const span = ([low, high]: Readonly<Interval>, write: (value: number) => string): string => `${write(low)} to ${write(high)}`;

/** A part with its interval below. */
export const withInterval = (part: Proportion | null) => part && <>{percent(part.value)}<div class="quiet small">{span(part.interval, (value) => percent(value, 1))}</div></>;

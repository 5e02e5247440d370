// Numbers and times as people read them: a no-break space before the unit, one precision a column (visual.md).
const NBSP = '\u00a0';
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export const bytes = (count: number): string => {
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), UNITS.length - 1);
  return `${power === 0 ? count : (count / 1000 ** power).toPrecision(3)}${NBSP}${UNITS[power]!}`;
};

export const whole = (count: number): string => count.toLocaleString('en-US');

/** Two units at most: 3 h 12 min, 45 s. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}${NBSP}s`;
  if (seconds < 60) return `${Math.round(seconds)}${NBSP}s`;
  const minutes = Math.round(seconds / 60);
  if (seconds < 600) return parts(Math.floor(seconds / 60), 'min', Math.floor(seconds % 60), 's');
  if (minutes < 60) return `${minutes}${NBSP}min`;
  if (minutes < 24 * 60) return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  return parts(Math.floor(minutes / 1440), 'd', Math.floor((minutes % 1440) / 60), 'h');
}
const parts = (large: number, unit: string, small: number, smaller: string): string =>
  `${large}${NBSP}${unit}${small === 0 ? '' : ` ${small}${NBSP}${smaller}`}`;

/** How long ago, roughly. */
export const ago = (time: string, now = Date.now()): string => {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  return seconds < 5 ? 'just now' : `${duration(Math.max(10, seconds))} ago`;
};

export const clock = (time: string): string => new Date(time).toLocaleTimeString(undefined, { hour12: false });
export const dateTime = (time: string): string => new Date(time).toLocaleString(undefined, { hour12: false });

/** A part of 1, as percents: two places after the point. */
export const percent = (part: number, places = 2): string => `${(100 * part).toFixed(places)}${NBSP}%`;

/** Metrics that are parts of 1. */
const isShare = (name: string): boolean => /(accuracy|precision|recall|f1|ece)$/.test(name);
export const metric = (name: string, value: number): string => (isShare(name) ? percent(value) : number(value));

/** Four digits that count, as few as say the same. */
export const number = (value: number): string => {
  if (Number.isInteger(value)) return whole(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  return value.toPrecision(4);
};

/** On an axis there is little room. */
export const tick = (name: string, value: number): string => (isShare(name) ? `${Number((100 * value).toFixed(1))}${NBSP}%` : Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 }));

/** With its sign, as differences are told. */
export const signed = (value: number, digits: (size: number) => string = number): string => `${value < 0 ? '−' : '+'}${digits(Math.abs(value))}`;

/** An id, short enough for a table; the whole is in the title. */
export const shortId = (id: string): string => id.replace(/^([a-z]+_).*(.{6})$/, '$1…$2');

/** 'fine_tune' as words. */
export const words = (name: string): string => name.replaceAll('_', ' ');
export const some = (count: number, one: string, many = `${one}s`): string => `${whole(count)}${NBSP}${count === 1 ? one : many}`;

// Answers go to stdout, everything else to stderr, so that what is piped on is the answer alone.

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** One document. */
export const document = (value: unknown): void => print(JSON.stringify(value, null, 2));
/** One of several, a line each (NDJSON). */
export const line = (value: unknown): void => print(JSON.stringify(value));

/** Columns under their names, as wide as what is in them. */
export function table(rows: readonly Readonly<Record<string, string | number | null>>[], empty: string): void {
  if (rows.length === 0) return note(empty);
  const names = Object.keys(rows[0]!);
  const lines = [names.map((name) => name.toUpperCase()), ...rows.map((row) => names.map((name) => String(row[name] ?? '-')))];
  const widths = names.map((_, at) => Math.max(...lines.map((cells) => cells[at]!.length)));
  for (const cells of lines) print(cells.map((cell, at) => cell.padEnd(widths[at]!)).join('  ').trimEnd());
}

/** Facts, one a line. */
export function facts(values: Readonly<Record<string, string | number | null | undefined>>): void {
  const shown = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  for (const [name, value] of shown) print(`${name.padEnd(width)}  ${value}`);
}

/** 0.9342 → 0.9342, 1e-7 stays that: what a table has room for. */
export const shortNumber = (value: number): string => String(Number(value.toPrecision(5)));
export const metricsText = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics).map(([name, value]) => `${name} ${shortNumber(value)}`).join('  ');

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
/** 1234567 → 1.2 MB */
export function sizeText(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toFixed(1)} ${UNITS[step]}`;
}

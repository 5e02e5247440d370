// A number of bytes as people read it.

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimal units, three digits at most: 999 bytes, 54.9 MB, 1.23 GB. Past a thousand PB it says so. */
export function sizeText(bytes: number): string {
  let value = bytes;
  for (const unit of UNITS) {
    // 999.5 would be written as 1000 of its unit.
    if (value < 999.5) return `${unit === 'bytes' ? value : Number(value.toPrecision(3))} ${unit}`;
    value /= 1000;
  }
  return 'more than 1000 PB';
}

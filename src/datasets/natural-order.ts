// The order in which people number files: runs of digits by their number, all else by code units, so that "2.jpg" comes before "10.jpg".

export const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The items in the natural order of their names. Of numbers that are equal, such as 1 and 01, the one of the lower code units goes first. */
export function inNaturalOrder<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  // Every second piece is a run of digits.
  const keyed = items.map((item) => ({ item, name: nameOf(item), pieces: nameOf(item).split(/([0-9]+)/) }));
  keyed.sort((a, b) => comparePieces(a.pieces, b.pieces) || byCodeUnits(a.name, b.name));
  return keyed.map(({ item }) => item);
}

function comparePieces(a: readonly string[], b: readonly string[]): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const order = at % 2 === 1 ? byNumber(a[at]!, b[at]!) : byCodeUnits(a[at]!, b[at]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers of any length, of which a longer one is larger. */
function byNumber(a: string, b: string): number {
  const [one, other] = [a, b].map((digits) => digits.replace(/^0+/, '')) as [string, string];
  return one.length - other.length || byCodeUnits(one, other);
}

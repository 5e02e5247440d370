// Names of classes that may be one class, written in two ways.

/** A class is rare beside another with so many times its examples, and as many at least. */
const RARE = 20;
/** Shorter names are often one letter apart and mean it, "cat" and "car": of those, only a letter that is there twice is a typo, "caat". */
const LEAST_LENGTH = 4;

/** Places of two classes, that of the smaller first. */
export type SuspectPair = readonly [number, number];

/**
 * Pairs whose names are the same but for upper case, spaces, hyphens and underscores; and pairs of a rare class and a common one whose names are
 * one letter apart (one more, less, other, or two that changed places), digits excepted: "class 10" and "class 11" are two. Of names under 4
 * letters only one written twice is taken for a typo.
 * @param counts examples of each class
 */
export function suspectNames(names: readonly string[], counts: readonly number[]): SuspectPair[] {
  const plain = names.map((name) => name.normalize('NFKC').toLowerCase().replaceAll(/[\s_-]+/g, ''));
  const pairs: SuspectPair[] = [];
  const alike = new Map<string, number>();
  plain.forEach((name, at) => {
    const before = alike.get(name);
    if (before === undefined) alike.set(name, at);
    // A name of nothing but spaces and hyphens is like no other.
    else if (name !== '') pairs.push(smallerFirst(before, at, counts));
  });
  const common = [...counts.keys()].filter((at) => counts[at]! >= RARE);
  counts.forEach((count, at) => {
    for (const other of common) {
      if (count * RARE <= counts[other]! && count > 0 && isTypo(plain[at]!, plain[other]!)) pairs.push([at, other]);
    }
  });
  return pairs;
}

const smallerFirst = (one: number, other: number, counts: readonly number[]): SuspectPair => (counts[one]! <= counts[other]! ? [one, other] : [other, one]);

/** Whether one edit of a letter makes the one into the other: the distance of Damerau and Levenshtein is 1. */
function isTypo(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1 || one === other) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  const [from, to] = [one.slice(start, one.length - end), other.slice(start, other.length - end)];
  if (/\p{N}/u.test(from + to)) return false;
  if (Math.min(one.length, other.length) < LEAST_LENGTH) return from.length + to.length === 1 && one[start - 1] === from + to;
  if (from.length <= 1 && to.length <= 1) return true;
  return from.length === 2 && to.length === 2 && from[0] === to[1] && from[1] === to[0];
}

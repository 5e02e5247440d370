// Numbers over all examples of a part, computed on the host, exactly.

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]!;
  return sum / values.length;
}

/** The part of the examples for which that holds. */
export function shareOf(examples: number, holds: (index: number) => boolean): number {
  let count = 0;
  for (let index = 0; index < examples; index += 1) if (holds(index)) count += 1;
  return count / examples;
}

/**
 * How likely an example of the second class scores higher than one of the first, ties counting one half: exactly, by the ranks
 * of the scores (Mann & Whitney 1947). 0.5 is chance.
 * @param classes 0 or 1 for each score
 * @returns undefined where one of the classes has no example
 */
export function areaUnderCurve(scores: ArrayLike<number>, classes: ArrayLike<number>): number | undefined {
  const ascending = Uint32Array.from({ length: scores.length }, (_, index) => index).sort((a, b) => scores[a]! - scores[b]!);
  let [below, pairs, positives] = [0, 0, 0]; // negatives that score lower, pairs in the right order
  for (let start = 0; start < ascending.length; ) {
    let [ofTie, positivesOfTie] = [0, 0];
    for (const score = scores[ascending[start]!]; scores[ascending[start + ofTie]!] === score; ofTie += 1) {
      positivesOfTie += classes[ascending[start + ofTie]!]!;
    }
    const negativesOfTie = ofTie - positivesOfTie;
    pairs += positivesOfTie * (below + negativesOfTie / 2);
    below += negativesOfTie;
    positives += positivesOfTie;
    start += ofTie;
  }
  return below === 0 || positives === 0 ? undefined : pairs / (below * positives);
}

/** Examples of each class (rows) by the class predicted (columns). */
export function confusionOf(labels: ArrayLike<number>, guesses: ArrayLike<number>, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let index = 0; index < labels.length; index += 1) counts[labels[index]!]![guesses[index]!]! += 1;
  return counts;
}

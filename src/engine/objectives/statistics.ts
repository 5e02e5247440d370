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

/**
 * How far values are from what they should be, over all examples and outputs: mean absolute error, root of the mean squared error, and R²,
 * 1 − Σ (output − value)² / Σ (value − mean)² with the mean of these very values, averaged over the outputs. R² is 1 where there are no
 * errors, 0 for a network that always gives the mean, and left out where the values of an output are all the same.
 * @param errors of each output, one for each example, in the unit of the target
 * @param values row by row
 * @param deviations what the values are to be multiplied by to be in that unit
 */
export function errorsOf(errors: readonly ArrayLike<number>[], values: ArrayLike<number>, deviations: readonly number[] | null): { mae: number; rmse: number; r2?: number } {
  const examples = errors[0]!.length;
  const total = examples * errors.length;
  let [absolute, squared, r2] = [0, 0, 0];
  for (const [output, ofOutput] of errors.entries()) {
    const valueOf = (example: number): number => values[example * errors.length + output]! * (deviations?.[output] ?? 1);
    let [mean, squaredOfOutput, spread] = [0, 0, 0];
    let isConstant = true;
    for (let example = 0; example < examples; example += 1) {
      mean += valueOf(example) / examples;
      isConstant &&= valueOf(example) === valueOf(0);
    }
    for (let example = 0; example < examples; example += 1) {
      absolute += Math.abs(ofOutput[example]!);
      squaredOfOutput += ofOutput[example]! ** 2;
      spread += (valueOf(example) - mean) ** 2;
    }
    squared += squaredOfOutput;
    // The mean of equal numbers is rounded: their spread would be next to nothing instead of 0.
    r2 += isConstant ? NaN : (1 - squaredOfOutput / spread) / errors.length;
  }
  return { mae: absolute / total, rmse: Math.sqrt(squared / total), ...(Number.isFinite(r2) && { r2 }) };
}

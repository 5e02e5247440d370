// How alike two representations of the same examples are, whatever their axes (Kornblith, Norouzi, Lee & Hinton 2019): centred kernel
// alignment with the linear kernel, and debiased, which is about 0 for unrelated ones also where there are more units than examples.

/** Inner products of the examples' representations: n × n, row by row. */
export type Gram = Float64Array;

/** Debiasing divides by n − 3. */
export const LEAST_EXAMPLES = 4;

/** @param rows n × width, row by row */
export function gramOf(rows: ArrayLike<number>, width: number): Gram {
  const count = rows.length / width;
  const gram = new Float64Array(count * count);
  for (let one = 0; one < count; one += 1) {
    for (let other = one; other < count; other += 1) {
      let product = 0;
      for (let at = 0; at < width; at += 1) product += rows[one * width + at]! * rows[other * width + at]!;
      gram[one * count + other] = gram[other * count + one] = product;
    }
  }
  return gram;
}

/** ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖) of centred columns; null where one of them does not vary. */
export const linearCka = (one: Gram, other: Gram): number | null => alignment(centred(one), centred(other));

/** The same with the unbiased estimate of each term (Song et al. 2007). It may be a little below 0. */
export const debiasedCka = (one: Gram, other: Gram): number | null => alignment(uCentred(one), uCentred(other));

function alignment(one: Gram, other: Gram): number | null {
  const scale = Math.sqrt(product(one, one) * product(other, other));
  return scale > 0 ? product(one, other) / scale : null;
}

const product = (one: Gram, other: Gram): number => one.reduce((sum, value, at) => sum + value * other[at]!, 0);

function centred(gram: Gram): Gram {
  const count = Math.sqrt(gram.length);
  const means = rowSums(gram, count).map((sum) => sum / count);
  const mean = means.reduce((sum, value) => sum + value, 0) / count;
  return gram.map((value, at) => value - means[Math.floor(at / count)]! - means[at % count]! + mean);
}

/** Without the diagonal, which holds an example against itself: rows and columns sum to 0 over the others. */
function uCentred(gram: Gram): Gram {
  const count = Math.sqrt(gram.length);
  const isDiagonal = (at: number): boolean => at % (count + 1) === 0;
  const hollow = gram.map((value, at) => (isDiagonal(at) ? 0 : value));
  const sums = rowSums(hollow, count).map((sum) => sum / (count - 2));
  const shift = sums.reduce((sum, value) => sum + value, 0) / (2 * (count - 1));
  return hollow.map((value, at) => (isDiagonal(at) ? 0 : value - (sums[Math.floor(at / count)]! - shift) - (sums[at % count]! - shift)));
}

const rowSums = (gram: Gram, count: number): number[] =>
  Array.from({ length: count }, (_, row) => gram.subarray(row * count, (row + 1) * count).reduce((sum, value) => sum + value, 0));

// Linear equations with a symmetric positive definite matrix, by Cholesky's factors, in doubles.

/**
 * @param matrix [size, size], row by row
 * @param right [size, columns], row by row
 * @returns matrix⁻¹ right; undefined where the matrix is not positive definite, as far as doubles tell
 */
export function solvePositiveDefinite(matrix: Float64Array, right: Float64Array, size: number): Float64Array | undefined {
  const lower = matrix.slice();
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = lower[row * size + column]!;
      for (let at = 0; at < column; at += 1) sum -= lower[row * size + at]! * lower[column * size + at]!;
      if (row === column) {
        if (!(sum > 0)) return undefined;
        lower[row * size + row] = Math.sqrt(sum);
      } else {
        lower[row * size + column] = sum / lower[column * size + column]!;
      }
    }
  }
  const columns = right.length / size;
  const solution = right.slice();
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < size; row += 1) {
      let sum = solution[row * columns + column]!;
      for (let at = 0; at < row; at += 1) sum -= lower[row * size + at]! * solution[at * columns + column]!;
      solution[row * columns + column] = sum / lower[row * size + row]!;
    }
    for (let row = size - 1; row >= 0; row -= 1) {
      let sum = solution[row * columns + column]!;
      for (let at = row + 1; at < size; at += 1) sum -= lower[at * size + row]! * solution[at * columns + column]!;
      solution[row * columns + column] = sum / lower[row * size + row]!;
    }
  }
  return solution;
}

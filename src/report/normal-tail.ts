// How likely a normal deviate lies further out, to about fourteen digits: the complementary error function by its series near 0 and by a continued
// fraction further out (Abramowitz & Stegun 7.1.6 and 7.1.14).

/** From here on the fraction needs fewer terms than the series. */
const FAR = 2.5;
const TERMS = 120;

/** 1 − erf(x) for x ≥ 0. */
export function erfc(x: number): number {
  return x < FAR ? 1 - series(x) : fraction(x);
}

/** erf(x) = 2 / √π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1 · 3 · … · (2n + 1)): all terms are positive. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < TERMS && term > sum * Number.EPSILON; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** √π · e^(x²) · erfc(x) = 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + …)))). */
function fraction(x: number): number {
  let rest = x;
  for (let n = TERMS; n > 0; n -= 1) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * rest);
}

/** How likely a χ² of one degree of freedom passes this. */
export const chiSquaredTail = (statistic: number): number => erfc(Math.sqrt(statistic / 2));

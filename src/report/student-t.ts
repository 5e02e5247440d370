// Student's t distribution with a whole number of degrees of freedom, where its integral is a finite sum (Abramowitz & Stegun 26.7.3
// and 26.7.4), so that neither a table nor an approximation is needed.

/** How likely |T| ≤ t. */
export function withinT(t: number, degrees: number): number {
  const angle = Math.atan2(t, Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let power = odd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= (cosine ** 2 * (power - 1)) / power;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/**
 * The t that |T| does not pass with this probability: 4.302652… for 0.95 and two degrees of freedom.
 * @param share in (0, 1)
 */
export function boundOfT(share: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (withinT(high, degrees) < share) high *= 2;
  // Halved until no number lies between.
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (withinT(middle, degrees) < share) low = middle;
    else high = middle;
  }
  return high;
}

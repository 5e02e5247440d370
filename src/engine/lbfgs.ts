// L-BFGS: the minimum of a smooth function from its values and gradients (Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 7.4, 7.5).

/** The function at a point. */
export interface Evaluated {
  value: number;
  gradient: Float64Array;
}

export interface MinimizeSettings {
  maxIterations: number;
  /** It has converged where no part of the gradient is larger. */
  tolerance: number;
  /** How far a value may be off, relative to it; 0 by default. Near a minimum steps down are smaller than that, while the slope still tells. */
  valueNoise?: number;
  /** After each iteration. @returns whether to go on */
  onIteration?: (at: Float64Array, value: number, iteration: number) => Promise<boolean>;
}

export interface Minimum {
  at: Float64Array;
  value: number;
  iterations: number;
  /** Whether the gradient is as small as was asked; else the iterations ran out, or no step down could be measured any more. */
  converged: boolean;
}

/** Pairs of steps and changes of the gradient that stand for the curvature. */
const MOST_PAIRS = 10;
/** A step must bring this part of what the slope promises (Armijo). */
const SUFFICIENT = 1e-4;
/** The slope at the end of a step that the values cannot judge must be at most this part of the slope it began with (Wolfe). */
const FLATTER = 0.9;
/** Each halves the step; after so many the values no longer tell which way is down. */
const MOST_HALVINGS = 25;

interface Pair {
  step: Float64Array;
  change: Float64Array;
  /** 1 / stepᵀ change. */
  rho: number;
}

/** @param evaluate called with a point that it must not keep */
export async function minimize(evaluate: (at: Float64Array) => Promise<Evaluated>, start: Float64Array, settings: MinimizeSettings): Promise<Minimum> {
  const pairs: Pair[] = [];
  let at: Float64Array = start.slice();
  let { value, gradient } = await evaluate(at);
  let iterations = 0;
  const minimum = (converged: boolean): Minimum => ({ at, value, iterations, converged });

  while (largest(gradient) > settings.tolerance) {
    if (iterations === settings.maxIterations) return minimum(false);
    const direction = descentDirection(gradient, pairs);
    const slope = dot(direction, gradient);
    // Nothing is known of the curvature at first: a step of length 1 at most.
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next: Float64Array;
    let reached: Evaluated;
    for (let halvings = 0; ; halvings += 1) {
      if (halvings > MOST_HALVINGS) return minimum(false);
      next = at.map((coordinate, index) => coordinate + length * direction[index]!);
      reached = await evaluate(next);
      if (reached.value <= value + SUFFICIENT * length * slope) break;
      // Hager & Zhang 2005, "approximate Wolfe": as good as level by the values, and flatter by the slope.
      if (reached.value <= value + (settings.valueNoise ?? 0) * Math.abs(value) && Math.abs(dot(reached.gradient, direction)) <= -FLATTER * slope) break;
      length /= 2;
    }
    remember(pairs, difference(next, at), difference(reached.gradient, gradient));
    at = next;
    ({ value, gradient } = reached);
    iterations += 1;
    if ((await settings.onIteration?.(at, value, iterations)) === false) return minimum(false);
  }
  return minimum(true);
}

/** −H g, by the two loops over the pairs. */
function descentDirection(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const shares = new Array<number>(pairs.length);
  for (let index = pairs.length - 1; index >= 0; index -= 1) {
    const { step, change, rho } = pairs[index]!;
    shares[index] = rho * dot(step, direction);
    add(direction, -shares[index]!, change);
  }
  const last = pairs.at(-1);
  if (last) scale(direction, 1 / (last.rho * dot(last.change, last.change)));
  for (const [index, { step, change, rho }] of pairs.entries()) add(direction, shares[index]! - rho * dot(change, direction), step);
  return direction;
}

/** Keeps the newest. A pair along which the slope did not rise says nothing of a minimum, and is left out. */
function remember(pairs: Pair[], step: Float64Array, change: Float64Array): void {
  const curvature = dot(step, change);
  if (!(curvature > 1e-12 * Math.sqrt(dot(step, step) * dot(change, change)))) return;
  pairs.push({ step, change, rho: 1 / curvature });
  if (pairs.length > MOST_PAIRS) pairs.shift();
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, index) => value - b[index]!);

function add(to: Float64Array, factor: number, values: Float64Array): void {
  for (let index = 0; index < to.length; index += 1) to[index]! += factor * values[index]!;
}

function scale(values: Float64Array, factor: number): void {
  for (let index = 0; index < values.length; index += 1) values[index]! *= factor;
}

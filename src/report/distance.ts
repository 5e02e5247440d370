// How far training moved what was carried over, layer by layer (Neyshabur, Sedghi & Zhang 2020): ‖θ − θ₀‖ and ‖θ − θ₀‖ / ‖θ₀‖.
import type { Inheritance } from '../contract/training-specs.js';

type Weights = ReadonlyMap<string, ArrayLike<number>>;

export interface LayerDistance {
  layer: string;
  l2: number;
  /** null where all of it was 0. */
  relative: number | null;
}

/** In the order in which the layers are inherited; layers that are new, or of which only some classes were carried over, have no distance. */
export function distancesOf(inherit: readonly Inheritance[], base: Weights, result: Weights): LayerDistance[] {
  const squares = new Map<string, { moved: number; began: number }>();
  for (const { from, to, outputs } of inherit) {
    if (outputs) continue;
    const layer = to.slice(0, to.lastIndexOf('/'));
    const sums = squares.get(layer) ?? { moved: 0, began: 0 };
    const [before, after] = [base.get(from)!, result.get(to)!];
    for (let at = 0; at < before.length; at += 1) {
      sums.moved += (after[at]! - before[at]!) ** 2;
      sums.began += before[at]! ** 2;
    }
    squares.set(layer, sums);
  }
  return [...squares].map(([layer, { moved, began }]) => ({ layer, l2: Math.sqrt(moved), relative: began === 0 ? null : Math.sqrt(moved / began) }));
}

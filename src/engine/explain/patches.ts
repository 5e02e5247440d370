// Where the patches of an occlusion lie: as arithmetic, which the service asks before there is a network.
import type { Shape } from '../../contract/shape.js';

export interface Patches {
  /** Side of a patch, in pixels. */
  patch: number;
  /** Pixels from one to the next, down and across; not more than the side, so that every pixel is covered. */
  stride: number;
}

/**
 * The usual ones: side 8 · (side of the picture / 28)^⅔, in even numbers, and half of that from one to the next. It is what is usual at both ends, 8 and 4 at 28 pixels and 32 and 16 at 224; in
 * between, patches grow more slowly than pictures, as what pictures show does not grow with them.
 * @param inputShape height, width, channels
 */
export function usualPatches([height = 1, width = 1]: Shape): Patches {
  const stride = Math.max(1, Math.round(4 * (Math.min(height, width) / 28) ** (2 / 3)));
  return { patch: 2 * stride, stride };
}

/** Places of patches along a side of so many pixels: the last begins where the next would have nothing left to cover. */
export const placesAlong = (pixels: number, { patch, stride }: Patches): number => Math.ceil(Math.max(0, pixels - patch) / stride) + 1;

/** How many patches there are, down and across. @param inputShape height, width, channels */
export const placesOf = ([height = 1, width = 1]: Shape, patches: Patches): [rows: number, columns: number] => [placesAlong(height, patches), placesAlong(width, patches)];

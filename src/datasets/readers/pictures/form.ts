// What all pictures of a data set are made into, as far as the request leaves it open.
import type { PicturesWanted } from '../../../contract/dataset.js';
import type { PictureForm, PictureHead } from './decode.js';

/** Pictures that all have one size keep it up to this side. */
export const LARGEST_KEPT_SIDE = 256;
/** Else they become squares: of a multiple of this, as networks halve their inputs five times. */
const SIDE_STEP = 32;
const LARGEST_CHOSEN_SIDE = 224;

/**
 * The size asked for; or the one all pictures have; or a square whose side is the median of their shorter sides, rounded down to a multiple
 * of 32, from 32 to 224. One channel where all pictures are grey, else three.
 */
export function formFor(heads: readonly PictureHead[], { height, width, channels, fit = 'cover' }: PicturesWanted): PictureForm {
  const [first] = heads;
  const oneSize = first !== undefined && heads.every((head) => head.height === first.height && head.width === first.width);
  const kept = oneSize && Math.max(first.height, first.width) <= LARGEST_KEPT_SIDE ? first : undefined;
  const side = height ?? width ?? (kept ? undefined : chosenSide(heads));
  return {
    height: height ?? side ?? kept!.height,
    width: width ?? side ?? kept!.width,
    channels: channels ?? (heads.every(({ grey }) => grey) ? 1 : 3),
    fit,
  };
}

function chosenSide(heads: readonly PictureHead[]): number {
  const sides = heads.map(({ height, width }) => Math.min(height, width)).sort((a, b) => a - b);
  const median = sides[(sides.length - 1) >> 1] ?? SIDE_STEP;
  return Math.min(LARGEST_CHOSEN_SIDE, Math.max(SIDE_STEP, Math.floor(median / SIDE_STEP) * SIDE_STEP));
}

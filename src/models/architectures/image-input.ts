// The input of a network that takes images.
import { ServiceError } from '../../contract/errors.js';

export interface ImageInput {
  readonly architecture: string;
  /** The layer that takes the image. */
  readonly layer: string;
  /** Least height and width. */
  readonly leastSide: number;
  /** Numbers of channels; any, unless given. */
  readonly channels?: readonly number[];
}

/** @param shape [height, width, channels] @throws SHAPE_MISMATCH for any other input */
export function requireImage({ architecture, layer, leastSide, channels }: ImageInput, shape: readonly number[]): void {
  const [height = 0, width = 0, depth = 0] = shape;
  if (shape.length === 3 && height >= leastSide && width >= leastSide && (channels?.includes(depth) ?? true)) return;
  const which = channels ? ` with ${channels.join(' or ')} channels` : '';
  throw ServiceError.of('SHAPE_MISMATCH', layer, `${architecture} takes images of at least ${leastSide} × ${leastSide}${which} and is given [${shape.join(', ')}]`);
}

// How large a network may be at all, whatever the machine has.
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import { volume, type Shape } from '../contract/shape.js';
import { trace, weightsOf } from './architecture.js';

/** Refused before a shape is multiplied out: 2 GB of weights is the end of the model file's format. */
const MOST_PARAMETERS = 2 ** 29;

/** Of one tensor, for one example. @throws MODEL_TOO_LARGE */
export function requireReasonableShape(shape: Shape): void {
  if (volume(shape) > MOST_PARAMETERS) throw ServiceError.of('MODEL_TOO_LARGE', gigabytes(4 * volume(shape)), gigabytes(4 * MOST_PARAMETERS));
}

/** @throws MODEL_TOO_LARGE */
export function requireReasonableSize(architecture: Architecture): void {
  const parameters = weightsOf(architecture).reduce((sum, { shape }) => sum + volume(shape), 0);
  const largest = Math.max(...trace(architecture).map(({ output }) => volume(output)));
  if (parameters <= MOST_PARAMETERS && largest <= MOST_PARAMETERS) return;
  throw ServiceError.of('MODEL_TOO_LARGE', gigabytes(4 * Math.max(parameters, largest)), gigabytes(4 * MOST_PARAMETERS));
}

export const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

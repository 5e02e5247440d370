// Occlusion (Zeiler & Fergus 2014, Visualizing and Understanding Convolutional Networks, arXiv:1311.2901, section 4.2): what the output falls by where a patch of the picture is covered.
import type { TensorFlow } from '../native.js';
import { placesOf, type Patches } from './patches.js';
import { goOn, outputsFor, requireSubject, type OnCall, type Subject } from './subject.js';

export interface Occlusion extends Patches {
  /** Patches down and across. The one at [r, c] covers the pixels from [r · stride, c · stride] on; what of it would lie over the edge is cut off. */
  shape: [rows: number, columns: number];
  /** F(x) − F(x with the patch covered), row after row: float32 [rows × columns]. Negative where the output grows. */
  values: Float32Array;
}

export interface OcclusionWanted extends Patches {
  /** What a covered pixel is, for each channel, prepared as the input is: grey, black or the mean. */
  fill: Float32Array;
  /** @default nothing */
  onCall?: OnCall;
}

/** @throws RangeError where the input is no picture or patches would leave pixels out; OUTPUT_NOT_FINITE */
export async function occlusion(tf: TensorFlow, subject: Subject, { patch, stride, fill, onCall = goOn }: OcclusionWanted): Promise<Occlusion> {
  const { network, input } = subject;
  const { input_shape: inputShape } = network.architecture;
  requireSubject(subject);
  if (inputShape.length !== 3) throw new RangeError(`an input of ${inputShape.length} axes is no picture`);
  if (!(stride >= 1 && stride <= patch)) throw new RangeError(`patches of ${patch} pixels every ${stride} would leave pixels out`);
  if (fill.length !== inputShape[2]) throw new RangeError(`a pixel has ${inputShape[2]} channels, not ${fill.length}`);

  const shape = placesOf(inputShape, { patch, stride });
  const places = shape[0] * shape[1];
  // The picture as it is goes through the network with the others, as their first.
  const rows = (from: number, to: number): Float32Array => {
    const pictures = new Float32Array((to - from) * input.length);
    for (let row = from; row < to; row += 1) {
      const picture = pictures.subarray((row - from) * input.length, (row - from + 1) * input.length);
      picture.set(input);
      const place = row - 1;
      if (place >= 0) cover(picture, inputShape, { top: Math.floor(place / shape[1]) * stride, left: (place % shape[1]) * stride, patch, fill });
    }
    return pictures;
  };
  const outputs = await outputsFor(tf, subject, { count: 1 + places, rows }, onCall);
  return { shape, patch, stride, values: Float32Array.from({ length: places }, (_, place) => outputs[0]! - outputs[1 + place]!) };
}

interface Cover {
  top: number;
  left: number;
  patch: number;
  fill: Float32Array;
}

function cover(picture: Float32Array, [height = 0, width = 0]: readonly number[], { top, left, patch, fill }: Cover): void {
  const right = Math.min(width, left + patch);
  for (let row = top; row < Math.min(height, top + patch); row += 1) {
    for (let column = left; column < right; column += 1) picture.set(fill, (row * width + column) * fill.length);
  }
}

/**
 * The same for each pixel: the mean fall over the patches that cover it, float32 [height × width].
 * @param inputShape height, width, channels of the picture
 */
export function fallOfPixels({ shape, patch, stride, values }: Occlusion, [height = 0, width = 0]: readonly number[]): Float32Array {
  const sums = new Float64Array(height * width);
  const covered = new Uint32Array(height * width);
  values.forEach((fall, place) => {
    const [top, left] = [Math.floor(place / shape[1]) * stride, (place % shape[1]) * stride];
    for (let row = top; row < Math.min(height, top + patch); row += 1) {
      for (let column = left; column < Math.min(width, left + patch); column += 1) {
        sums[row * width + column]! += fall;
        covered[row * width + column]! += 1;
      }
    }
  });
  return Float32Array.from(sums, (sum, pixel) => sum / covered[pixel]!);
}

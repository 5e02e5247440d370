// Pictures as rows, decoded as a data set's are; and the rows of several requests as one array.
import type { Preprocessing } from '#contract/dataset.js';
import { volume } from '#contract/shape.js';
import { inOrder } from '#datasets/readers/pictures/in-order.js';
import type { RowValues } from '#datasets/rows.js';
import type { LoadMessage } from '#predictions/messages.js';

export type PredictInput = Preprocessing['input'] & Pick<LoadMessage, 'fit'>;

/** Of one request: which of its pictures, and why. */
export class UnreadablePicture {
  constructor(readonly place: number, readonly message: string) {}
}

/** One is read while another is decoded; more would only compete with training for the cores. */
const PACE = { atOnce: 2, mostWeight: 2 ** 26 };

/** uint8, picture after picture; or the first that cannot be read. */
export async function rowsOfPictures(pictures: readonly Uint8Array[], { shape, fit }: PredictInput): Promise<RowValues | UnreadablePicture> {
  // Loaded where a picture comes and nowhere else: most models take numbers.
  const { decodePicture, PictureProblem, readHead } = await import('#datasets/readers/pictures/decode.js');
  const [height = 0, width = 0, channels] = shape;
  const form = { height, width, channels: channels as 1 | 3, fit };
  const size = volume(shape);
  const rows = new Uint8Array(pictures.length * size);
  const decoded = async (bytes: Uint8Array): Promise<Uint8Array | UnreadablePicture> => {
    try {
      await readHead(bytes);
      return await decodePicture(bytes, form);
    } catch (problem) {
      if (problem instanceof PictureProblem) return new UnreadablePicture(0, problem.message);
      throw problem;
    }
  };
  let place = 0;
  for await (const pixels of inOrder(pictures, PACE, ({ byteLength }) => byteLength, decoded)) {
    if (pixels instanceof UnreadablePicture) return new UnreadablePicture(place, pixels.message);
    rows.set(pixels, place * size);
    place += 1;
  }
  return rows;
}

/** All of one type; none give none. */
export function joinedRows(rows: readonly RowValues[]): RowValues {
  if (rows.length === 1) return rows[0]!;
  const length = rows.reduce((sum, some) => sum + some.length, 0);
  const all = rows[0] instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  let at = 0;
  for (const some of rows) {
    all.set(some, at);
    at += some.length;
  }
  return all;
}

/** What of all outputs is each request's, by how many values it brought. */
export function sharesOf(outputs: Float32Array, inputs: readonly number[]): Float32Array[] {
  const all = inputs.reduce((sum, length) => sum + length, 0);
  let at = 0;
  return inputs.map((length) => {
    // Whole numbers first: outputs for one value of an input are a fraction that no double may hold.
    const share = (outputs.length * length) / all;
    at += share;
    return outputs.subarray(at - share, at);
  });
}

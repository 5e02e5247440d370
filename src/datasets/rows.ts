// Rows of one shape, wherever they lie: in memory, or in a file that is read chunk by chunk.
import { volume } from '../contract/shape.js';

export type RowType = 'uint8' | 'float32';
export type RowValues = Uint8Array | Float32Array;

export interface Rows {
  readonly count: number;
  /** Shape of one row. */
  readonly shape: readonly number[];
  readonly dtype: RowType;
  /** Rows of each chunk but the last, which may be shorter. */
  readonly chunkRows: number;
  /** Tells whose rows they are: where two have the same, so are their values. Left out where nobody knows. */
  readonly origin?: string | undefined;
  /**
   * Reads chunks into `target`, one behind the other from row `at` on. All are asked for at once, so that the reading goes
   * on in other threads while this one is held up in TensorFlow.
   * @throws STORE_CORRUPT where what is read is not what was written
   */
  read(chunks: ArrayLike<number>, target: RowValues, at: number): Promise<void>;
}

/**
 * Bytes of a chunk, about. Small, so that a window of a shuffle takes rows from many places of the data set; large enough that a disk
 * reads it at full speed. A streamed job's order of examples follows from it.
 */
const CHUNK_BYTES = 2 ** 20;

export const rowBytesOf = (shape: readonly number[], dtype: RowType): number => volume(shape) * (dtype === 'uint8' ? 1 : 4);
export const chunkRowsOf = (rowBytes: number): number => Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
export const chunkCountOf = ({ count, chunkRows }: Pick<Rows, 'count' | 'chunkRows'>): number => Math.ceil(count / chunkRows);

/** An array for so many rows. */
export const roomFor = ({ shape, dtype }: Pick<Rows, 'shape' | 'dtype'>, rows: number): RowValues =>
  dtype === 'uint8' ? new Uint8Array(rows * volume(shape)) : new Float32Array(rows * volume(shape));

export function rowsInMemory(values: RowValues, shape: readonly number[], chunkRows?: number): Rows {
  const width = volume(shape);
  const dtype = values instanceof Uint8Array ? 'uint8' : 'float32';
  const rows: Rows = {
    count: values.length / width,
    shape,
    dtype,
    chunkRows: chunkRows ?? chunkRowsOf(rowBytesOf(shape, dtype)),
    async read(chunks, target, at) {
      let place = at * width;
      for (let index = 0; index < chunks.length; index += 1) {
        const from = chunks[index]! * rows.chunkRows * width;
        const chunk = values.subarray(from, from + rows.chunkRows * width);
        target.set(chunk, place);
        place += chunk.length;
      }
    },
  };
  return rows;
}

/** Rows by their indices, best ascending, so that no chunk is read twice; each is given with its place among them, and is another afterwards. */
export async function eachRow(rows: Rows, indices: readonly number[], give: (row: RowValues, at: number) => void): Promise<void> {
  const buffer = roomFor(rows, Math.min(rows.chunkRows, rows.count));
  const width = volume(rows.shape);
  let loaded = -1;
  for (const [at, index] of indices.entries()) {
    const chunk = Math.floor(index / rows.chunkRows);
    if (chunk !== loaded) await rows.read([chunk], buffer, 0);
    loaded = chunk;
    const from = (index - chunk * rows.chunkRows) * width;
    give(buffer.subarray(from, from + width), at);
  }
}

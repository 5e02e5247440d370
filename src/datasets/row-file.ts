// A file of rows: raw little-endian values, a row after the other, with a checksum for each chunk of them.
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { bytesOf, readInto } from '../store/array-file.js';
import { chunkRowsOf, rowBytesOf, type Rows, type RowType, type RowValues } from './rows.js';

/** What all rows of a file have in common. */
export interface RowForm {
  /** Of one row. */
  readonly shape: readonly number[];
  readonly dtype: RowType;
}

/** What must be known of a file to read its rows. */
export interface RowIndex {
  readonly rows: number;
  /** Rows of each chunk but the last; chunk i begins at byte i × rows × bytes of a row. */
  readonly chunkRows: number;
  /** CRC-32 of each chunk; undefined where none were taken. */
  readonly checksums: readonly number[] | undefined;
}

/** Writes rows as they come: at most a chunk of them is held in memory. Nothing is fsynced. */
export class RowFileWriter {
  private readonly chunk: Uint8Array;
  private readonly rowBytes: number;
  private filled = 0;
  private written = 0;
  private readonly checksums: number[] = [];

  private constructor(readonly file: FileHandle, form: RowForm, private readonly chunkRows: number) {
    this.rowBytes = rowBytesOf(form.shape, form.dtype);
    this.chunk = new Uint8Array(chunkRows * this.rowBytes);
  }

  /** @param chunkRows rows of a chunk; chosen by their bytes unless given */
  static async open(path: string, form: RowForm, chunkRows = chunkRowsOf(rowBytesOf(form.shape, form.dtype))): Promise<RowFileWriter> {
    return new RowFileWriter(await open(path, 'w+'), form, chunkRows);
  }

  async add(values: RowValues): Promise<void> {
    const bytes = bytesOf(values);
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.subarray(at, at + this.chunk.length - this.filled);
      at += taken.length;
      // What is a whole chunk already is written from where it lies.
      if (taken.length === this.chunk.length) {
        await this.writeChunk(taken);
        continue;
      }
      this.chunk.set(taken, this.filled);
      this.filled += taken.length;
      if (this.filled === this.chunk.length) await this.writeFilled();
    }
  }

  /** Writes what is left. */
  async finish(): Promise<RowIndex & { checksums: readonly number[] }> {
    if (this.filled > 0) await this.writeFilled();
    return { rows: this.written / this.rowBytes, chunkRows: this.chunkRows, checksums: this.checksums };
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async writeFilled(): Promise<void> {
    await this.writeChunk(this.chunk.subarray(0, this.filled));
    this.filled = 0;
  }

  private async writeChunk(bytes: Uint8Array): Promise<void> {
    this.checksums.push(crc32(bytes));
    await this.file.writeFile(bytes);
    this.written += bytes.length;
  }
}

/**
 * The rows of an open file.
 * @param failed what a failure is told as
 * @param origin as `Rows.origin`
 */
export function rowsOfFile(file: FileHandle, form: RowForm, index: RowIndex, failed: (cause: unknown) => Error, origin?: string): Rows {
  const { rows: count, chunkRows, checksums } = index;
  const rowBytes = rowBytesOf(form.shape, form.dtype);
  return {
    ...form,
    count,
    chunkRows,
    origin,
    async read(chunks, target, at) {
      let begin = at * rowBytes;
      await Promise.all(
        Array.from(chunks, (chunk) => {
          const from = chunk * chunkRows * rowBytes;
          const end = begin + Math.min(chunkRows * rowBytes, count * rowBytes - from);
          const place = bytesOf(target).subarray(begin, end);
          begin = end;
          return readChecked(file, place, from, checksums?.[chunk], failed);
        }),
      );
    },
  };
}

/**
 * Fills `target` from byte `from` on.
 * @throws what `failed` makes of the cause where they are missing or not what was written
 */
export async function readChecked(file: FileHandle, target: Uint8Array, from: number, checksum: number | undefined, failed: (cause: unknown) => Error): Promise<void> {
  const read = await readInto(target, file, from).catch((cause: unknown) => {
    throw failed(cause);
  });
  if (read < target.length) throw failed(new RangeError(`ends at byte ${from + read}`));
  if (checksum !== undefined && crc32(target) !== checksum) {
    throw failed(new RangeError(`bytes ${from} to ${from + target.length - 1} have another checksum`));
  }
}

// The cells of a table as numbers, in a file that is gone when the table has been read: written once, read as often as need be. Text is slow
// to read and types are known only at its end; this is quick, and a column of a batch takes one, four or eight bytes a cell, whatever holds it exactly.
import { open, type FileHandle } from 'node:fs/promises';
import { readInto } from '../../store/array-file.js';

/** Cells of a batch, about: 1 MiB where each takes eight bytes. */
const BATCH_CELLS = 131_072;
const TYPES = [Uint8Array, Float32Array, Float64Array] as const;

export interface Batch {
  readonly rows: number;
  /** Column after column, each of so many rows. */
  readonly cells: Float64Array;
}

export class Scratch {
  rows = 0;
  private readonly batches: { rows: number; bytes: number }[] = [];
  private readonly batchRows: number;
  private cells: Float64Array;
  private filled = 0;

  private constructor(private readonly file: FileHandle, private readonly columns: number) {
    this.batchRows = Math.max(1, Math.floor(BATCH_CELLS / columns));
    this.cells = new Float64Array(this.batchRows * columns);
  }

  static open = async (path: string, columns: number): Promise<Scratch> => new Scratch(await open(path, 'wx+', 0o600), columns);

  /** Sets a cell of the row that is being written; afterwards call `endRow`. */
  set(column: number, code: number): void {
    this.cells[column * this.batchRows + this.filled] = code;
  }

  /** Whether the batch is full, so that `flush` must come before the next row. */
  endRow(): boolean {
    this.filled += 1;
    this.rows += 1;
    return this.filled === this.batchRows;
  }

  async flush(): Promise<void> {
    if (this.filled === 0) return;
    const types = new Uint8Array(this.columns);
    const blocks = Array.from({ length: this.columns }, (_, column) => {
      const cells = this.cells.subarray(column * this.batchRows, column * this.batchRows + this.filled);
      types[column] = narrowest(cells);
      const block = types[column] === 2 ? cells : TYPES[types[column] as 0 | 1].from(cells);
      return Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    });
    const bytes = Buffer.concat([types, ...blocks]);
    await this.file.writeFile(bytes);
    this.batches.push({ rows: this.filled, bytes: bytes.length });
    this.filled = 0;
  }

  async *read(): AsyncGenerator<Batch> {
    let place = 0;
    for (const { rows, bytes } of this.batches) {
      const buffer = new Uint8Array(bytes);
      if ((await readInto(buffer, this.file, place)) < bytes) throw new RangeError('the scratch file ends early');
      place += bytes;
      const cells = new Float64Array(rows * this.columns);
      let at = this.columns;
      for (let column = 0; column < this.columns; column += 1) {
        const type = TYPES[buffer[column] as 0 | 1 | 2];
        const end = at + rows * type.BYTES_PER_ELEMENT;
        cells.set(new type(buffer.slice(at, end).buffer), column * rows);
        at = end;
      }
      yield { rows, cells };
    }
  }

  close = (): Promise<void> => this.file.close();
}

/** The place in TYPES of the smallest type that holds all of them exactly. */
function narrowest(cells: Float64Array): number {
  let type = 0;
  for (const cell of cells) {
    // Negative zero is no byte.
    if (type === 0 && !(cell >= 0 && cell <= 255 && Number.isInteger(cell) && !Object.is(cell, -0))) type = 1;
    if (type === 1 && !Object.is(Math.fround(cell), cell)) return 2;
  }
  return type;
}

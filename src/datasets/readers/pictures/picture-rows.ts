// Decoded pictures on their way: one behind the other in a file of rows, and the class of each by name.
import { createReadStream } from 'node:fs';
import { RowFileWriter, type RowForm } from '../../row-file.js';
import { rowBytesOf } from '../../rows.js';
import { wholeRows } from '../../whole-rows.js';

/** What is read at once. */
const READ_BYTES = 2 ** 20;

export class PictureRows {
  /** Class of each row. */
  readonly classes: string[] = [];

  private constructor(
    private readonly path: string,
    private readonly form: RowForm,
    private readonly writer: RowFileWriter,
  ) {}

  static create = async (path: string, form: RowForm): Promise<PictureRows> => new PictureRows(path, form, await RowFileWriter.open(path, form));

  async add(row: Uint8Array, ofClass: string): Promise<void> {
    this.classes.push(ofClass);
    await this.writer.add(row);
  }

  /** Writes what is left. */
  async finish(): Promise<void> {
    await this.writer.finish();
  }

  close(): Promise<void> {
    return this.writer.close();
  }

  /** To be read once it is finished. */
  rows(): AsyncIterable<Uint8Array> {
    return wholeRows(createReadStream(this.path, { highWaterMark: READ_BYTES }), rowBytesOf(this.form.shape, this.form.dtype));
  }
}

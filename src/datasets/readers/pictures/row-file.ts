// Decoded rows on their way: one behind the other in a file, and the class of each by name.
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { SourcePart } from '../../raw-dataset.js';
import { chunkRowsOf } from '../../rows.js';
import { wholeRows } from '../../whole-rows.js';

export class RowFile {
  /** Class of each row. */
  readonly classes: string[] = [];
  private waiting: Uint8Array[] = [];

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly rowBytes: number,
  ) {}

  static async create(path: string, rowBytes: number): Promise<RowFile> {
    return new RowFile(path, await open(path, 'wx', 0o600), rowBytes);
  }

  async add(row: Uint8Array, ofClass: string): Promise<void> {
    this.classes.push(ofClass);
    this.waiting.push(row);
    if (this.waiting.length >= chunkRowsOf(this.rowBytes)) await this.write();
  }

  async close(): Promise<void> {
    await this.write();
    await this.file.close();
  }

  /** To be called once it is closed. @param placeOf the label of each class */
  part(placeOf: ReadonlyMap<string, number>): SourcePart & { labels: Int32Array } {
    return {
      labels: Int32Array.from(this.classes, (name) => placeOf.get(name)!),
      rows: () => wholeRows(createReadStream(this.path), this.rowBytes),
    };
  }

  private async write(): Promise<void> {
    const rows = this.waiting;
    this.waiting = [];
    if (rows.length > 0) await this.file.appendFile(Buffer.concat(rows));
  }
}

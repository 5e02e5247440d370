// A number for each row, the same for the same bytes, and where the row lies: what duplicates are found by.
import { PARTS, type PartName } from '../../contract/parts.js';
import { bytesOf } from '../../store/array-file.js';
import type { Batch } from '../packed-writer.js';

// Looked up once: in a realm of a test runner's each look-up of a global costs more than the loop around it.
const { imul } = Math;

/**
 * Rows that are remembered. Of more, only those are whose hash ends in a zero bit, of twice as many those with two, and so on: every copy
 * of a row then stays with it, so that what is counted is right for the share that is left (Wegman's adaptive sampling).
 */
const MOST_ROWS = 2 ** 22;
const FIRST_ROOM = 4_096;
/** In the place of a class, where the task is regression. Rows of other values are still the same rows. */
export const NO_CLASS = -1;

/** Rows in the order they came in, 21 bytes each. Rows of one part keep their order in it. */
export class RowHashes {
  count = 0;
  low = new Uint32Array(FIRST_ROOM);
  high = new Uint32Array(FIRST_ROOM);
  labels = new Int32Array(FIRST_ROOM);
  indices = new Uint32Array(FIRST_ROOM);
  /** Place of the part in PARTS. */
  parts = new Uint8Array(FIRST_ROOM);
  private readonly next = new Float64Array(PARTS.length);
  private readonly row: Uint8Array;
  private readonly words: Uint32Array;
  private dropped = 0;

  constructor(private readonly rowBytes: number, private readonly mostRows = MOST_ROWS) {
    this.row = new Uint8Array(4 * Math.ceil(rowBytes / 4));
    this.words = new Uint32Array(this.row.buffer);
  }

  /** Share of all distinct rows that are remembered. */
  get share(): number {
    return 2 ** -this.dropped;
  }

  add({ part, values, labels }: Batch): void {
    const bytes = bytesOf(values);
    const place = PARTS.indexOf(part);
    for (let at = 0; at < bytes.length / this.rowBytes; at += 1) {
      this.row.set(bytes.subarray(at * this.rowBytes, (at + 1) * this.rowBytes));
      this.keep(place, labels instanceof Int32Array ? labels[at]! : NO_CLASS);
      this.next[place]! += 1;
    }
  }

  place(row: number): { part: PartName; index: number } {
    return { part: PARTS[this.parts[row]!]!, index: this.indices[row]! };
  }

  private keep(place: number, label: number): void {
    const { words } = this;
    // Two lanes of MurmurHash3 (Appleby, public domain), the constants of its 32-bit and of its 128-bit form.
    let low = 0x9747b28c;
    let high = 0x3c6ef372;
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at]!;
      const one = imul(word, 0xcc9e2d51);
      low ^= imul((one << 15) | (one >>> 17), 0x1b873593);
      low = (imul((low << 13) | (low >>> 19), 5) + 0xe6546b64) | 0;
      const two = imul(word, 0x38b34ae5);
      high ^= imul((two << 18) | (two >>> 14), 0xa1e38b93);
      high = (imul((high << 15) | (high >>> 17), 5) + 0x561ccd1b) | 0;
    }
    low = mixed(low ^ this.rowBytes);
    high = mixed(high ^ this.rowBytes);
    if (!this.stays(high)) return;
    if (this.count === this.mostRows) {
      this.dropHalf();
      if (!this.stays(high) || this.count === this.mostRows) return;
    }
    if (this.count === this.low.length) this.grow();
    const row = this.count;
    this.low[row] = low;
    this.high[row] = high;
    this.labels[row] = label;
    this.indices[row] = this.next[place]!;
    this.parts[row] = place;
    this.count += 1;
  }

  private stays(high: number): boolean {
    return (high & (2 ** this.dropped - 1)) === 0;
  }

  private dropHalf(): void {
    // Again where all of them had that bit zero, as copies of one row have.
    while (this.count === this.mostRows && this.dropped < 31) {
      this.dropped += 1;
      let kept = 0;
      for (let row = 0; row < this.count; row += 1) {
        if (!this.stays(this.high[row]!)) continue;
        for (const column of this.columns()) column[kept] = column[row]!;
        kept += 1;
      }
      this.count = kept;
    }
  }

  private grow(): void {
    const room = Math.min(2 * this.low.length, this.mostRows);
    this.low = wider(this.low, room);
    this.high = wider(this.high, room);
    this.labels = wider(this.labels, room);
    this.indices = wider(this.indices, room);
    this.parts = wider(this.parts, room);
  }

  private columns(): readonly (Uint32Array | Int32Array | Uint8Array)[] {
    return [this.low, this.high, this.labels, this.indices, this.parts];
  }
}

/** MurmurHash3's last mixing: every bit of the input reaches every bit of the output. */
function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The same numbers, with room for more. */
export function wider<A extends Uint8Array | Uint32Array | Int32Array>(values: A, room: number): A {
  const more = new (values.constructor as new (length: number) => A)(room);
  more.set(values);
  return more;
}

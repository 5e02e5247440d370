// Watches the rows of a data set as they are packed, and says afterwards what was found in them.
import { MOST_WARNING_EXAMPLES, type Duplicates, type RowPlace } from '../../contract/dataset-report.js';
import { PARTS, type PartName } from '../../contract/parts.js';
import { labelsEach, type Batch, type PackedForm } from '../packed-writer.js';
import { rowBytesOf } from '../rows.js';
import { copiesOf, exactDuplicates, type ExactDuplicates } from './exact-duplicates.js';
import { nearDuplicates } from './near-duplicates.js';
import { NO_CLASS, RowHashes } from './row-hashes.js';
import { hasThumbnails, Thumbnails } from './thumbnails.js';
import { RunningStatistics, valuesBy } from './value-statistics.js';

/** Pictures that near duplicates are looked for among: 72 bytes each, and 34 more while they are compared. */
const MOST_PICTURES = 2 ** 20;
/** Rows shown of those that are the same; twice as many where they are of several parts or classes. */
const MOST_COPIES = 4;

/** Rows that belong together, and the classes they are under; none where the task is regression. */
export interface Alike {
  readonly rows: readonly RowPlace[];
  readonly labels: readonly number[];
}

export interface DuplicatesFound {
  readonly counts: Duplicates;
  readonly across: readonly Alike[];
  readonly within: readonly Alike[];
  readonly conflicts: readonly Alike[];
}

export class Survey {
  /** Rows of all parts. */
  rows = 0;
  readonly statistics: Readonly<Record<PartName, RunningStatistics>>;
  private readonly hashes: RowHashes;
  private readonly thumbnails: Thumbnails | undefined;

  constructor(private readonly form: PackedForm) {
    const { shape, dtype } = form;
    const { groups } = valuesBy(shape);
    this.statistics = Object.fromEntries(PARTS.map((part) => [part, new RunningStatistics(groups)])) as Record<PartName, RunningStatistics>;
    this.hashes = new RowHashes(rowBytesOf(shape, dtype));
    this.thumbnails = hasThumbnails(shape, dtype) ? new Thumbnails(shape, MOST_PICTURES) : undefined;
  }

  /** The same batches, looked at on the way. */
  async *watching(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      this.rows += batch.labels.length / labelsEach(this.form);
      this.statistics[batch.part].add(batch.values);
      this.hashes.add(batch);
      if (this.thumbnails && !this.thumbnails.isFull) this.thumbnails.add(batch.values);
      yield batch;
    }
  }

  duplicates(): DuplicatesFound {
    const { hashes } = this;
    const exact = exactDuplicates(hashes);
    const near = this.near(exact);
    const copies = (of: readonly number[]): Alike[] => copiesOf(hashes, exact, firstFew(exact, of), MOST_COPIES).map((rows) => this.alike(rows));
    const pairs = (of: readonly (readonly number[])[]): Alike[] => of.map((rows) => this.alike(rows));
    return {
      counts: {
        checked_share: hashes.share,
        near: { checked: near.checked, complete: near.complete },
        across_parts: { exact: exact.across.length, near: near.across.count },
        within_parts: { exact: exact.within.length, near: near.within.count },
        label_conflicts: exact.conflicts.length,
      },
      across: [...copies(exact.across), ...pairs(near.across.pairs)],
      within: [...copies(exact.within), ...pairs(near.within.pairs)],
      conflicts: copies(exact.conflicts),
    };
  }

  /** Each row that is not the same as one before it in its part, held against the others. */
  private near(exact: ExactDuplicates) {
    const { hashes, thumbnails } = this;
    const [across, within] = [new NearRows(), new NearRows()];
    if (!thumbnails || thumbnails.isFull) return { checked: false, complete: true, across, within };
    const same = new Set(exact.across);
    const pictures = Uint32Array.from({ length: hashes.count }, (_, row) => row).filter((row) => exact.isRepeat[row] === 0);
    const complete = nearDuplicates(thumbnails, pictures, (first, other) => {
      if (exact.firsts[first] === exact.firsts[other]) return;
      const [partOfFirst, partOfOther] = [hashes.parts[first]!, hashes.parts[other]!];
      if (partOfFirst === partOfOther) return within.add(other, first);
      const [earlier, later] = partOfFirst < partOfOther ? [first, other] : [other, first];
      if (!same.has(later)) across.add(later, earlier);
    });
    return { checked: true, complete, across, within };
  }

  private alike(rows: readonly number[]): Alike {
    const { hashes } = this;
    return { rows: rows.map((row) => hashes.place(row)), labels: [...new Set(rows.map((row) => hashes.labels[row]!))].filter((label) => label !== NO_CLASS) };
  }
}

/** One row of each of the first few groups of rows that are the same. */
function firstFew({ firsts }: ExactDuplicates, rows: readonly number[]): number[] {
  const few = new Set<number>();
  for (const row of rows) {
    if (few.size === MOST_WARNING_EXAMPLES) break;
    few.add(firsts[row]!);
  }
  return [...few];
}

/** Rows that are nearly like another, each once. */
class NearRows {
  private readonly rows = new Set<number>();
  readonly pairs: (readonly [number, number])[] = [];

  get count(): number {
    return this.rows.size;
  }

  add(row: number, like: number): void {
    if (this.rows.has(row)) return;
    this.rows.add(row);
    if (this.pairs.length < MOST_WARNING_EXAMPLES) this.pairs.push([like, row]);
  }
}

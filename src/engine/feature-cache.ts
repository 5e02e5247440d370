// Features kept in files, for the jobs after this one and for workers beside it. An entry is a folder named by the digest of all that
// its values follow from:
//   <key>/rows.f32      the features, a row after the other
//   <key>/index.json    how many, their shape, checksums, what they took to compute
// It is made under another name and renamed, read through files that stay open when it is removed, and verified before it is used: no
// two jobs need to know of each other. Losing an entry costs time, nothing else.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../contract/job.js';
import { RowFileWriter, rowsOfFile, type RowForm, type RowIndex } from '../datasets/row-file.js';
import { chunkCountOf, roomFor, type Rows } from '../datasets/rows.js';
import { outputShape } from '../models/architecture.js';
import { weightsDigest } from '../models/weights.js';
import { codeOf, orDiskFull } from '../store/disk-full.js';
import type { Examples } from './examples.js';
import { computedFeatures, type Features, type FeaturesOf, type Trunk } from './features.js';
import type { TensorFlow } from './native.js';

const ROWS = 'rows.f32';
const INDEX = 'index.json';
const MAKING = 'making-';
const GOING = 'going-';
const KEY = /^[0-9a-f]{64}$/;
/** Part of the key: another way to compute features makes other entries. */
const VERSION = 1;
const VERIFIED_CHUNKS = 16;
/** What was begun so long ago is nobody's any more. */
const ABANDONED_MS = 24 * 3_600_000;

export interface FeatureCacheOptions {
  /** Where entries lie; made if missing. */
  folder: string;
  /** Most that all entries may take; 0 keeps none. */
  mostBytes: number;
  /** The last bits of a feature depend on both. */
  engine: Engine;
  threads: number;
}

interface EntryIndex extends RowForm {
  rows: number;
  chunk_rows: number;
  crc32: number[];
  /** What computing it took. */
  seconds: number;
}

export class FeatureCache {
  private readonly opened: FileHandle[] = [];

  constructor(private readonly options: FeatureCacheOptions) {}

  /** The features of all rows that the examples were chosen from: those that are kept, or else computed, and kept where there is room. */
  readonly featuresOf: FeaturesOf = async (tf, trunk, examples, onCall) => {
    const startMs = performance.now();
    const key = this.keyOf(trunk, examples);
    const kept = key && (await this.open(key));
    if (!kept) return orDiskFull(this.make(tf, trunk, examples, onCall, key));
    const spent = (performance.now() - startMs) / 1000;
    return { rows: kept.rows, use: { hit: true, bytes: kept.bytes, saved_seconds: Math.max(0, kept.seconds - spent) } };
  };

  /** Closes the files of all features that were given out; their rows cannot be read any more. */
  async close(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((file) => file.close()));
  }

  /** Undefined for rows of which nobody knows whose they are. */
  private keyOf({ architecture, weights }: Trunk, { rows, divideBy }: Examples): string | undefined {
    if (rows.origin === undefined) return undefined;
    const { engine, threads } = this.options;
    const from = { VERSION, rows: rows.origin, divideBy, architecture, weights: weightsDigest(architecture, weights), engine, threads };
    return createHash('sha256').update(JSON.stringify(from)).digest('hex');
  }

  private async open(key: string): Promise<{ rows: Rows; bytes: number; seconds: number } | undefined> {
    const folder = join(this.options.folder, key);
    try {
      const { shape, dtype, rows: count, chunk_rows: chunkRows, crc32: checksums, seconds } = JSON.parse(await readFile(join(folder, INDEX), 'utf8')) as EntryIndex;
      const file = await open(join(folder, ROWS));
      this.opened.push(file);
      const rows = openRows(file, { shape, dtype }, { rows: count, chunkRows, checksums });
      await verify(rows);
      const now = new Date();
      // The entry that was not used for the longest time goes first. Where it goes at this moment, its file stays open.
      await utimes(folder, now, now).catch(() => undefined);
      return { rows, bytes: (await file.stat()).size, seconds };
    } catch {
      // Not there, or not what was written: it is made again.
      await this.remove(key);
      return undefined;
    }
  }

  private async make(tf: TensorFlow, trunk: Trunk, examples: Examples, onCall: () => Promise<void>, key: string | undefined): Promise<Features> {
    const startMs = performance.now();
    await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
    const making = await mkdtemp(join(this.options.folder, MAKING));
    try {
      const form: RowForm = { shape: outputShape(trunk.architecture), dtype: 'float32' };
      const writer = await RowFileWriter.open(join(making, ROWS), form);
      this.opened.push(writer.file);
      for await (const some of computedFeatures(tf, trunk, examples, onCall)) await writer.add(some);
      const index = await writer.finish();
      const { size } = await writer.file.stat();
      const entry: EntryIndex = { ...form, rows: index.rows, chunk_rows: index.chunkRows, crc32: [...index.checksums], seconds: (performance.now() - startMs) / 1000 };
      await writeFile(join(making, INDEX), JSON.stringify(entry));
      if (key !== undefined && size <= this.options.mostBytes) await this.keep(making, key);
      return { rows: openRows(writer.file, form, index), use: { hit: false, bytes: size, saved_seconds: 0 } };
    } finally {
      // Kept, it is not here any more; else the open file is all that is needed.
      await rm(making, { recursive: true, force: true });
    }
  }

  /** An entry that somebody else made meanwhile stays. */
  private async keep(making: string, key: string): Promise<void> {
    await rename(making, join(this.options.folder, key)).catch((problem: unknown) => {
      if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(problem) ?? '')) throw problem;
    });
    await this.evict(key);
  }

  /** Removes what was not used for the longest time, until the rest fits; and what was left behind halfway. */
  private async evict(newest: string): Promise<void> {
    const entries: { name: string; usedMs: number; bytes: number }[] = [];
    for (const name of await readdir(this.options.folder)) {
      const folder = join(this.options.folder, name);
      // Whatever is gone by now needs no room.
      const usedMs = (await stat(folder).catch(() => undefined))?.mtimeMs;
      if (usedMs === undefined) continue;
      if (KEY.test(name)) entries.push({ name, usedMs, bytes: (await stat(join(folder, ROWS)).catch(() => undefined))?.size ?? 0 });
      else if (Date.now() - usedMs > ABANDONED_MS) await rm(folder, { recursive: true, force: true });
    }
    let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of entries.filter(({ name }) => name !== newest).sort((a, b) => a.usedMs - b.usedMs)) {
      if (bytes <= this.options.mostBytes) return;
      await this.remove(entry.name);
      bytes -= entry.bytes;
    }
  }

  /** At once for whoever looks for it. */
  private async remove(key: string): Promise<void> {
    const { folder } = this.options;
    try {
      const going = await mkdtemp(join(folder, GOING));
      await rename(join(folder, key), join(going, key)).catch(() => undefined);
      await rm(going, { recursive: true, force: true });
    } catch (problem) {
      if (codeOf(problem) !== 'ENOENT') throw problem;
    }
  }
}

const openRows = (file: FileHandle, form: RowForm, index: RowIndex): Rows =>
  rowsOfFile(file, form, index, (cause) => new Error('Kept features are not what was written.', { cause }));

/** Reads all of it once, against the checksums. */
async function verify(rows: Rows): Promise<void> {
  const chunks = chunkCountOf(rows);
  const room = roomFor(rows, VERIFIED_CHUNKS * rows.chunkRows);
  for (let from = 0; from < chunks; from += VERIFIED_CHUNKS) {
    const some = Array.from({ length: Math.min(VERIFIED_CHUNKS, chunks - from) }, (_, at) => from + at);
    await rows.read(some, room, 0);
  }
}

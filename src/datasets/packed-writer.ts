// Writes a data set in the training format, rows as they come: at most a chunk of each part is held in memory.
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { DatasetContent, PartSummary, Preprocessing, TableColumn, Target } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { eachPart, partsIn, type ByPart, type PartName } from '../contract/parts.js';
import { bytesOf } from '../store/array-file.js';
import { RunningLook } from './look.js';
import { beginDigest } from './packed-digest.js';
import { filesOf, writeIndex, type PartIndex } from './packed-index.js';
import { RowFileWriter, type RowForm } from './row-file.js';
import { rowBytesOf, type RowValues } from './rows.js';

/** What all rows have in common. */
export interface PackedForm extends RowForm {
  /** Empty where examples have values. */
  readonly classNames: readonly string[];
  /** Where examples have values in the place of a class: the name of each value. */
  readonly targetNames?: readonly string[];
  /** How pictures became rows, where they did. */
  readonly pictures?: Preprocessing['pictures'];
  /** How the columns of a table became inputs. */
  readonly columns?: readonly TableColumn[];
}

/** The classes of examples, or row by row their values. */
export type Labels = Int32Array | Float32Array;

/** Labels of one example. */
export const labelsEach = ({ targetNames }: PackedForm): number => targetNames?.length ?? 1;

/** Bytes become numbers from 0 to 1. */
const BYTE_SCALE = 255;
const DIGEST_READ_BYTES = 2 ** 20;
/** A label as it is packed: int32, or float32. */
export const LABEL_BYTES = 4;

/**
 * Makes a folder a data set. Without packed.json, which `finish` writes last, it is none. Nothing is fsynced: the folder is a
 * staging folder, which the store seals. After a failure call `close`.
 */
export class PackedWriter {
  private constructor(
    private readonly folder: string,
    private readonly form: PackedForm,
    private readonly parts: { train: PartWriter; validation?: PartWriter; test: PartWriter },
    private readonly openPart: (name: PartName) => Promise<PartWriter>,
  ) {}

  /** @param chunkRows rows of a chunk; chosen by their bytes unless given */
  static async open(folder: string, form: PackedForm, chunkRows?: number): Promise<PackedWriter> {
    const openPart = (name: PartName) => PartWriter.open(folder, name, form, chunkRows);
    return new PackedWriter(folder, form, { train: await openPart('train'), test: await openPart('test') }, openPart);
  }

  /** Adds rows to a part: values row after row, and the labels of each. Parts may take turns; a validation part is there from its first rows on. */
  async add(part: PartName, inputs: RowValues, labels: Labels): Promise<void> {
    // The checksum of nothing is 0, whatever came before.
    if (labels.length === 0) return;
    this.parts[part] ??= await this.openPart(part);
    await this.parts[part].add(inputs, labels);
  }

  /** Writes what is left, reads the arrays once more for the digest, and says what the data set holds. */
  async finish(split: DatasetContent['split']): Promise<DatasetContent> {
    const { shape, dtype, classNames, targetNames, pictures, columns } = this.form;
    const names = partsIn(this.parts);
    const divideBy = dtype === 'uint8' ? BYTE_SCALE : 1;
    const look = this.parts.train.look?.of(divideBy);
    const arrays: Partial<Record<PartName, PartIndex>> = {};
    for (const name of names) arrays[name] = await this.parts[name]!.finish();
    const content: DatasetContent = {
      input_shape: [...shape],
      task: targetNames ? 'regression' : 'classification',
      class_names: [...classNames],
      ...(targetNames && { target: this.parts.train.target(targetNames) }),
      parts: eachPart<PartWriter, PartSummary>(this.parts, (part) => part.summary()),
      split,
      preprocessing: { input: { shape: [...shape], dtype }, steps: divideBy === 1 ? [] : [{ divide_by: divideBy }], ...(pictures && { pictures }), ...(columns && { columns: [...columns] }), ...(look && { look }) },
      digest: await this.digest(),
      size_bytes: names.reduce((sum, name) => sum + this.parts[name]!.sizeBytes, 0),
    };
    await this.close();
    await writeIndex(this.folder, { content, arrays: arrays as ByPart<PartIndex> });
    return content;
  }

  async close(): Promise<void> {
    for (const name of partsIn(this.parts)) await this.parts[name]!.close();
  }

  private async digest(): Promise<string> {
    const names = partsIn(this.parts);
    const hash = beginDigest({ ...this.form, examples: names.map((name) => this.parts[name]!.examples) });
    for (const name of names) {
      for await (const bytes of this.parts[name]!.written()) hash.update(bytes);
    }
    return hash.digest('hex');
  }
}

/** Mean and standard deviation of numbers as they come (Welford 1962). */
class Moments {
  mean = 0;
  private count = 0;
  private squares = 0;

  add(value: number): void {
    this.count += 1;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.squares += before * (value - this.mean);
  }

  get deviation(): number {
    return Math.sqrt(this.squares / this.count);
  }
}

/** One part: a file of inputs, a file of labels. */
class PartWriter {
  examples = 0;
  private labelsChecksum = 0;
  private readonly classCounts: number[];
  private readonly width: number;
  private readonly moments: Moments[];

  private constructor(
    private readonly inputs: RowFileWriter,
    private readonly labels: FileHandle,
    private readonly form: PackedForm,
    /** Of pictures that are trained on. */
    readonly look: RunningLook | undefined,
  ) {
    this.classCounts = form.classNames.map(() => 0);
    this.width = labelsEach(form);
    this.moments = (form.targetNames ?? []).map(() => new Moments());
  }

  static async open(folder: string, name: PartName, form: PackedForm, chunkRows: number | undefined): Promise<PartWriter> {
    const files = filesOf(name, form.dtype, form.targetNames ? 'regression' : 'classification');
    return new PartWriter(await RowFileWriter.open(join(folder, files.inputs), form, chunkRows), await open(join(folder, files.labels), 'w+'), form, name === 'train' ? RunningLook.ofPictures(form.shape) : undefined);
  }

  async add(inputs: RowValues, labels: Labels): Promise<void> {
    await this.inputs.add(inputs);
    this.look?.add(inputs);
    if (labels instanceof Int32Array) for (const label of labels) this.classCounts[label] = (this.classCounts[label] ?? 0) + 1;
    else labels.forEach((value, at) => this.moments[at % this.width]!.add(value));
    this.labelsChecksum = crc32(bytesOf(labels), this.labelsChecksum);
    await this.labels.writeFile(bytesOf(labels));
    this.examples += labels.length / this.width;
  }

  async finish(): Promise<PartIndex> {
    const { chunkRows, checksums } = await this.inputs.finish();
    return { chunk_rows: chunkRows, inputs_crc32: [...checksums], labels_crc32: this.labelsChecksum };
  }

  summary(): PartSummary {
    return { examples: this.examples, class_counts: this.classCounts };
  }

  /** @throws TARGET_CONSTANT */
  target(names: readonly string[]): Target {
    const constant = this.moments.findIndex(({ deviation }) => !(deviation > 0));
    if (constant >= 0) throw ServiceError.of('TARGET_CONSTANT', names[constant]!);
    return { names: [...names], mean: this.moments.map(({ mean }) => mean), deviation: this.moments.map(({ deviation }) => deviation) };
  }

  get sizeBytes(): number {
    return this.examples * (rowBytesOf(this.form.shape, this.form.dtype) + LABEL_BYTES * this.width);
  }

  /** All that was written: inputs, then labels. */
  async *written(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(DIGEST_READ_BYTES);
    for (const file of [this.inputs.file, this.labels]) {
      for (let at = 0; ; ) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) break;
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    }
  }

  async close(): Promise<void> {
    await this.inputs.close();
    await this.labels.close();
  }
}

/** Examples of one part, in the order they are written in. */
export interface Batch {
  readonly part: PartName;
  readonly values: RowValues;
  readonly labels: Labels;
}

/** Writes a data set batch by batch, and says what it holds. @param split how train and test were made of one part; null where the source had both */
export async function writePacked(
  folder: string,
  form: PackedForm,
  batches: AsyncIterable<Batch>,
  split: DatasetContent['split'],
): Promise<DatasetContent> {
  const writer = await PackedWriter.open(folder, form);
  try {
    for await (const { part, values, labels } of batches) await writer.add(part, values, labels);
    return await writer.finish(split);
  } finally {
    await writer.close();
  }
}

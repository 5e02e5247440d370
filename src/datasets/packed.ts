// The training format: a folder of raw little-endian arrays and packed.json, their index, which is written last.
import { createHash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PARTS, type DatasetContent, type PartName } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { countClasses, type ImageShape, type LabelledImages, type Parts } from './dataset-arrays.js';

/** Its presence makes a folder a data set. */
export const INDEX = 'packed.json';
const VERSION = 1;
const LARGEST_READ = 2 ** 30;

/** What is packed: both parts, and how they came about (`split` is null where the source had both). */
export interface PackedSource {
  readonly shape: ImageShape;
  readonly classNames: readonly string[];
  readonly split: DatasetContent['split'];
  readonly parts: Parts;
}

export interface PackedPart extends LabelledImages {
  readonly examples: number;
}

export interface PackedDataset {
  readonly content: DatasetContent;
  /** Reads one part into memory. @throws STORE_CORRUPT where an array has not the size the index tells. */
  part(name: PartName): Promise<PackedPart>;
}

/** The bytes of labels as they lie in the file. TensorFlow has no big-endian build, so memory order is file order. */
const bytesOf = (labels: Int32Array): Uint8Array => new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);

const filesOf = (part: PartName) => ({ inputs: `${part}.inputs.u8`, labels: `${part}.labels.i32` });

/**
 * SHA-256 over a line of JSON (shape, dtype, class names, examples of each part), then train inputs, train labels, test
 * inputs, test labels.
 */
function digestOf(source: PackedSource): string {
  const header = {
    shape: source.shape,
    dtype: 'uint8',
    class_names: source.classNames,
    examples: PARTS.map((name) => source.parts[name].labels.length),
  };
  const hash = createHash('sha256').update(`${JSON.stringify(header)}\n`);
  for (const name of PARTS) hash.update(source.parts[name].inputs).update(bytesOf(source.parts[name].labels));
  return hash.digest('hex');
}

function describe(source: PackedSource): DatasetContent {
  const summary = ({ labels }: LabelledImages) => ({
    examples: labels.length,
    class_counts: countClasses(labels, source.classNames.length),
  });
  return {
    input_shape: [...source.shape],
    class_names: [...source.classNames],
    parts: { train: summary(source.parts.train), test: summary(source.parts.test) },
    split: source.split,
    preprocessing: { input: { shape: [...source.shape], dtype: 'uint8' }, steps: [{ divide_by: 255 }] },
    digest: digestOf(source),
    size_bytes: PARTS.reduce((sum, name) => sum + source.parts[name].inputs.byteLength + source.parts[name].labels.byteLength, 0),
  };
}

/**
 * Writes a data set in the training format and says what it holds. Without packed.json, which comes last, a folder is not
 * a data set. Nothing is fsynced: the folder is a staging folder, which the store seals.
 */
export async function writePacked(folder: string, source: PackedSource): Promise<DatasetContent> {
  const content = describe(source);
  for (const name of PARTS) {
    const part = source.parts[name];
    const files = filesOf(name);
    await writeFile(join(folder, files.inputs), part.inputs);
    await writeFile(join(folder, files.labels), bytesOf(part.labels));
  }
  await writeFile(join(folder, INDEX), `${JSON.stringify({ record: 'packed', schema_version: VERSION, content })}\n`);
  return content;
}

async function readIndex(folder: string): Promise<DatasetContent> {
  try {
    const index = JSON.parse(await readFile(join(folder, INDEX), 'utf8')) as { schema_version?: unknown; content?: DatasetContent };
    if (index.schema_version === VERSION && index.content !== undefined) return index.content;
  } catch {
    // Falls through: missing, unreadable and not JSON are one failure to whoever opens a data set.
  }
  throw ServiceError.of('STORE_CORRUPT', `${INDEX} of the packed data set`);
}

/** Fills `target` from a file of exactly that size. In pieces, because the operating system reads less than 2 GiB at once. */
async function readExactly(path: string, target: Uint8Array): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size !== target.byteLength) throw new RangeError(`${size} bytes, not ${target.byteLength}`);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(target, at, Math.min(size - at, LARGEST_READ), at);
      if (bytesRead === 0) throw new RangeError(`ends at byte ${at}`);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/**
 * Opens what `writePacked` wrote: reads the index; the arrays are read, and their sizes checked, part by part.
 * @throws STORE_CORRUPT where the index cannot be read.
 */
export async function openPacked(folder: string): Promise<PackedDataset> {
  const content = await readIndex(folder);
  const valuesPerExample = content.input_shape.reduce((product, size) => product * size, 1);
  return {
    content,
    async part(name) {
      const { examples } = content.parts[name];
      const inputs = new Uint8Array(examples * valuesPerExample);
      const labels = new Int32Array(examples);
      const files = filesOf(name);
      try {
        await readExactly(join(folder, files.inputs), inputs);
        await readExactly(join(folder, files.labels), bytesOf(labels));
      } catch (cause) {
        throw Object.assign(ServiceError.of('STORE_CORRUPT', `${name} of the packed data set`), { cause });
      }
      return { examples, inputs, labels };
    },
  };
}

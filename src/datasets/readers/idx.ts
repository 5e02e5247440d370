// The IDX format of MNIST and its relatives: one data set from two, four or six files, plain or gzip, told by content.
import { ServiceError } from '../../contract/errors.js';
import { volume } from '../../contract/shape.js';
import { allOf, partsOf, MOST_VALUES_PER_EXAMPLE, type SourcePart } from '../raw-dataset.js';
import { LABEL_BYTES } from '../packed-writer.js';
import { sizeText } from '../size-text.js';
import { wholeRows } from '../whole-rows.js';
import { namesOfNumbers, requireLabels, type Labelled } from './class-labels.js';
import { readIdxHeader, readValues, valuesOf, verifyLength, type IdxFile } from './idx-file.js';
import { sortIntoParts, type IdxPair } from './idx-parts.js';
import type { Reader } from './reader.js';

const wrongParts = (why: string): ServiceError => ServiceError.of('IDX_PARTS', why);

/**
 * Reads images uint8 [n, h, w] or [n, h, w, c] and labels uint8 [n]. Everything but the labels' values is checked before
 * memory is taken for them: headers and how they fit, then (by unpacking once, keeping nothing) the length of gzip files.
 */
export const idx: Reader = {
  name: 'idx',

  recognises: (heads) => heads.every(({ bytes }) => bytes[0] === 0 && bytes[1] === 0),

  async read(files, { classNames, task, maxBytes }) {
    if (task === 'regression') throw wrongParts('their labels are classes, and the task is regression; send NumPy arrays or a table');
    const headers: IdxFile[] = [];
    for (const file of files) headers.push(await readIdxHeader(file));
    const parts = sortIntoParts(headers);
    const pairs = allOf(parts);

    const shape = requireFit(pairs);
    requireSize(headers, maxBytes);
    for (const header of headers) await verifyLength(header);

    const labelled: Labelled[] = [];
    for (const { labels } of pairs) labelled.push({ name: labels.file.name, labels: Int32Array.from(await readValues(labels)) });
    const names = classNames ?? namesOfNumbers(labelled);
    requireLabels(labelled, names.length);

    const part = (pair: IdxPair): SourcePart => ({
      labels: labelled[pairs.indexOf(pair)]!.labels,
      rows: () => wholeRows(valuesOf(pair.images), volume(shape)),
    });
    return { shape, dtype: 'uint8', classNames: names, content: partsOf(parts, part, ({ images }) => images.file.name) };
  },
};

/** The shape all images share. @throws IDX_PARTS where counts or shapes do not fit each other, or there is nothing in them */
function requireFit(pairs: readonly IdxPair[]): readonly number[] {
  for (const { images, labels } of pairs) {
    const [imageCount, labelCount] = [images.dimensions[0], labels.dimensions[0]];
    if (imageCount !== labelCount) {
      const found = `"${images.file.name}" holds ${imageCount} images, "${labels.file.name}" ${labelCount} labels`;
      throw wrongParts(`${found}; each image needs one label`);
    }
    if (images.values === 0) throw wrongParts(`"${images.file.name}" holds no values (${images.dimensions.join(' × ')})`);
  }
  const [first, ...others] = pairs.map(({ images }) => ({ name: images.file.name, shape: shapeOf(images) }));
  if (!first) throw new RangeError('There is at least one pair.');
  const other = others.find(({ shape }) => shape.join() !== first.shape.join());
  if (other) {
    const found = `images are ${first.shape.join(' × ')} in "${first.name}" and ${other.shape.join(' × ')} in "${other.name}"`;
    throw wrongParts(`${found}; all parts need one shape`);
  }
  const values = volume(first.shape);
  if (values > MOST_VALUES_PER_EXAMPLE) {
    const found = `one image of "${first.name}" has ${first.shape.join(' × ')} values`;
    throw wrongParts(`${found}; at most ${MOST_VALUES_PER_EXAMPLE} are accepted`);
  }
  return first.shape;
}

const shapeOf = ({ dimensions: [, height = 0, width = 0, channels = 1] }: IdxFile): readonly number[] => [height, width, channels];

/** @throws DATASET_TOO_LARGE */
function requireSize(headers: readonly IdxFile[], maxBytes: number): void {
  const needed = headers.reduce(
    (sum, { dimensions, values }) => sum + (dimensions.length === 1 ? values * LABEL_BYTES : values),
    0,
  );
  if (needed > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(needed), sizeText(maxBytes));
}

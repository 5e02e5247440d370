// Which IDX file is which: images or labels by the number of dimensions, its part by the file's name.
import type { PartName } from '../../contract/parts.js';
import { ServiceError } from '../../contract/errors.js';
import { partInName } from '../part-names.js';
import type { InParts } from '../raw-dataset.js';
import type { IdxFile } from './idx-file.js';

export interface IdxPair {
  readonly images: IdxFile;
  readonly labels: IdxFile;
}

export type IdxParts = InParts<IdxPair>;

const NEEDED = 'needed are one file of images and one of labels, or two of each with names such as train-images and t10k-images, or a third such as validation-images';
const MOST_NAMES_SAID = 4;

const namesOf = (files: readonly IdxFile[]): string => {
  const said = files.slice(0, MOST_NAMES_SAID).map(({ file }) => `"${file.name}"`);
  return [...said, ...(files.length > said.length ? ['…'] : [])].join(', ');
};

const sayFound = (images: readonly IdxFile[], labels: readonly IdxFile[]): string => {
  const count = (files: readonly IdxFile[], of: string): string =>
    files.length === 0 ? `no file of ${of}` : `${files.length} of ${of} (${namesOf(files)})`;
  return `found ${count(images, 'images')} and ${count(labels, 'labels')}`;
};

/** Sorts the files into pairs of images and labels. @throws IDX_PARTS saying what was found and what is needed */
export function sortIntoParts(files: readonly IdxFile[]): IdxParts {
  const images = files.filter(({ dimensions }) => dimensions.length > 1);
  const labels = files.filter(({ dimensions }) => dimensions.length === 1);
  if (images.length !== labels.length || images.length < 1 || images.length > 3) {
    throw ServiceError.of('IDX_PARTS', `${sayFound(images, labels)}; ${NEEDED}`);
  }
  if (images.length === 1) return { whole: onlyPair(images, labels) };

  const two = { train: pairOf('train', images, labels), test: pairOf('test', images, labels) };
  return images.length === 2 ? two : { ...two, validation: pairOf('validation', images, labels) };
}

function onlyPair([images]: readonly IdxFile[], [labels]: readonly IdxFile[]): IdxPair {
  if (!images || !labels) throw new RangeError('One file of each was counted.');
  const ofImages = partInName(images.file.name);
  const ofLabels = partInName(labels.file.name);
  if (ofImages !== undefined && ofLabels !== undefined && ofImages !== ofLabels) {
    const found = `"${images.file.name}" holds images of the ${ofImages} part, "${labels.file.name}" labels of the ${ofLabels} part`;
    throw ServiceError.of('IDX_PARTS', `${found}; ${NEEDED}`);
  }
  return { images, labels };
}

function pairOf(part: PartName, images: readonly IdxFile[], labels: readonly IdxFile[]): IdxPair {
  const only = (files: readonly IdxFile[], of: string): IdxFile => {
    const named = files.filter(({ file }) => partInName(file.name) === part);
    if (named.length === 1 && named[0]) return named[0];
    const howMany = named.length === 0 ? 'none' : 'several';
    const found = `of the files of ${of}, ${namesOf(files)}, ${howMany} can be told to be the ${part} part by name`;
    throw ServiceError.of('IDX_PARTS', `${found}; ${NEEDED}`);
  };
  return { images: only(images, 'images'), labels: only(labels, 'labels') };
}

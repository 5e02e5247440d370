// From an archive of pictures to rows: which there are, what they all become, each decoded once into a scratch file.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MOST_CLASSES } from '../../../contract/dataset.js';
import { ServiceError } from '../../../contract/errors.js';
import { eachPart, PARTS, partsIn, type PartName } from '../../../contract/parts.js';
import { volume } from '../../../contract/shape.js';
import { LABEL_BYTES } from '../../packed-writer.js';
import { allOf, type InParts, type RawDataset } from '../../raw-dataset.js';
import { sizeText } from '../../size-text.js';
import type { SourceFile } from '../../source-file.js';
import { inClassOrder, requireLabels } from '../class-labels.js';
import type { ReadOptions } from '../reader.js';
import { BACKGROUND, decodePicture, PictureProblem, readHead, type PictureForm, type PictureHead } from './decode.js';
import { findPictures, openSent, sortSent } from './find-pictures.js';
import { formFor } from './form.js';
import { inOrder } from './in-order.js';
import type { PlacedPicture } from './layout.js';
import { PictureRows } from './picture-rows.js';

/** As many as libuv has threads for, and two at least, so that one is read while another is decoded. */
const AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));
const MOST_BYTES_AT_ONCE = 2 ** 26;
const MOST_PIXELS_AT_ONCE = 25_000_000;
/** Of one file; more is no picture of so many pixels as are read. */
const MOST_PICTURE_BYTES = 2 ** 26;

const shapeOf = ({ height, width, channels }: PictureForm): number[] => [height, width, channels];
const wrong = (why: string): ServiceError => ServiceError.of('PICTURES_LAYOUT', why);

/** @throws NO_PICTURES, PICTURES_LAYOUT, CLASSES_TOO_FEW, ROWS_REFUSED, DATASET_TOO_LARGE, and what openArchive and openTar throw */
export async function readPictures(files: readonly SourceFile[], options: ReadOptions): Promise<RawDataset> {
  const { maxBytes, scratchFolder, classNames } = options;
  const sent = await sortSent(files);
  const entries = await openSent(sent, maxBytes, scratchFolder);
  const headed = await headsOf(await findPictures(entries, sent, options), sent.archive.name, options);
  const form = formFor([...headed.values()], options.pictures);
  const shape = shapeOf(form);
  const needed = headed.size * (volume(shape) + LABEL_BYTES);
  if (needed > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(needed), sizeText(maxBytes));

  const rows = await decoded(headed, form, sent.archive.name, options);
  const names = classNames ?? inClassOrder([...new Set(allOf(rows).flatMap(({ classes }) => classes))]);
  if (names.length > MOST_CLASSES) throw wrong(`there are ${names.length} classes; at most ${MOST_CLASSES} are accepted`);
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const part = (file: PictureRows) => file.part(placeOf);
  const parts = 'whole' in rows ? { whole: part(rows.whole) } : eachPart(rows, part);
  requireLabels(allOf(parts).map(({ labels }) => ({ name: sent.archive.name, labels })), names.length);
  return {
    shape, dtype: 'uint8', classNames: names,
    pictures: { fit: form.fit, background: BACKGROUND },
    content: 'whole' in parts ? { ...parts, from: sent.archive.name } : { parts },
  };
}

/** What comes of a picture, or why nothing does. */
type Tried<T> = { readonly picture: PlacedPicture; readonly result: T | PictureProblem };

/** @throws ServiceError where the archive is damaged */
async function tried<T>(picture: PlacedPicture, read: (bytes: Uint8Array) => Promise<T>): Promise<Tried<T>> {
  try {
    const { sizeBytes, content } = picture.entry;
    if (sizeBytes > MOST_PICTURE_BYTES) throw new PictureProblem('IMAGE_TOO_LARGE', `it has ${sizeText(sizeBytes)}; at most ${sizeText(MOST_PICTURE_BYTES)} are read`);
    const pieces: Uint8Array[] = [];
    for await (const piece of content()) pieces.push(piece);
    return { picture, result: await read(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)) };
  } catch (problem) {
    if (problem instanceof PictureProblem) return { picture, result: problem };
    throw problem;
  }
}

type Headed = ReadonlyMap<PlacedPicture, PictureHead>;

/** The pictures whose headers can be read. @throws NO_PICTURES */
async function headsOf(pictures: readonly PlacedPicture[], file: string, { problems }: ReadOptions): Promise<Headed> {
  const headed = new Map<PlacedPicture, PictureHead>();
  const pace = { atOnce: AT_ONCE, mostWeight: MOST_BYTES_AT_ONCE };
  for await (const { picture, result } of inOrder(pictures, pace, ({ entry }) => entry.sizeBytes, (one) => tried(one, readHead))) {
    if (result instanceof PictureProblem) problems.add(problemOf(file, picture, result));
    else headed.set(picture, result);
  }
  if (headed.size === 0) throw ServiceError.of('NO_PICTURES', file, `all ${problems.count} were left out`);
  return headed;
}

const problemOf = (file: string, { entry }: PlacedPicture, { code, message }: PictureProblem) => ({ file, entry: entry.name, line: null, field: null, code, detail: message });

/** Decodes the pictures, each into the file of its part. @throws NO_PICTURES, PICTURES_LAYOUT for parts that do not go together */
async function decoded(headed: Headed, form: PictureForm, file: string, { problems, scratchFolder }: ReadOptions): Promise<InParts<PictureRows>> {
  const partOf = partsOf([...headed.keys()]);
  const rows = new Map<PartName | 'whole', PictureRows>();
  for (const part of partOf.order) rows.set(part, await PictureRows.create(join(scratchFolder, part), { shape: shapeOf(form), dtype: 'uint8' }));
  const pace = { atOnce: AT_ONCE, mostWeight: MOST_PIXELS_AT_ONCE };
  const pixels = ([, { width, height }]: [PlacedPicture, PictureHead]): number => width * height;
  try {
    for await (const { picture, result } of inOrder(headed, pace, pixels, ([one]) => tried(one, (bytes) => decodePicture(bytes, form)))) {
      if (result instanceof PictureProblem) problems.add(problemOf(file, picture, result));
      else await rows.get(partOf.of(picture))!.add(result, picture.label);
    }
  } finally {
    for (const part of rows.values()) await part.close();
  }
  for (const [part, { classes }] of rows) {
    if (classes.length === 0) throw ServiceError.of('NO_PICTURES', file, part === 'whole' ? `all ${problems.count} were left out` : `none of the ${part} part was`);
  }
  const [whole, train, validation, test] = (['whole', ...PARTS] as const).map((part) => rows.get(part));
  return whole ? { whole } : { train: train!, ...(validation && { validation }), test: test! };
}

/** Which part each picture is of, and the parts there are. Of folders for training and validation alone, the second is the test part. */
function partsOf(pictures: readonly PlacedPicture[]): { order: (PartName | 'whole')[]; of: (picture: PlacedPicture) => PartName | 'whole' } {
  const folders = Object.fromEntries(pictures.map(({ part }) => [part ?? 'whole', part]));
  const [only, ...more] = Object.keys(folders);
  if ('whole' in folders || (only === 'train' && more.length === 0)) return { order: ['whole'], of: () => 'whole' };
  if (!('train' in folders)) throw wrong('there is no folder "train" beside that of the other part');
  if (!('test' in folders)) return { order: ['train', 'test'], of: ({ part }) => (part === 'train' ? 'train' : 'test') };
  return { order: partsIn(folders), of: ({ part }) => part! };
}

// Pictures, decoded several at a time, each into the file of its part.
import { join } from 'node:path';
import { ServiceError } from '../../../contract/errors.js';
import { PARTS, partsIn, type PartName } from '../../../contract/parts.js';
import type { RowProblem } from '../../../contract/row-problem.js';
import type { InParts } from '../../raw-dataset.js';
import { sizeText } from '../../size-text.js';
import { PictureProblem, type PictureForm } from './decode.js';
import { inOrder } from './in-order.js';
import type { PlacedPicture } from './layout.js';
import { PictureRows } from './picture-rows.js';

/** As many as libuv has threads for, also where there are fewer processors: a picture is handed from thread to thread, and one that waits for its turn costs nothing. */
export const AT_ONCE = 4;
const MOST_PIXELS_AT_ONCE = 25_000_000;
/** Of one file; more is no picture of so many pixels as are read. */
const MOST_PICTURE_BYTES = 2 ** 26;

export const shapeOf = ({ height, width, channels }: PictureForm): number[] => [height, width, channels];
const wrong = (why: string): ServiceError => ServiceError.of('PICTURES_LAYOUT', why);

/** What comes of a picture, or why nothing does. */
export type Tried<T> = { readonly picture: PlacedPicture; readonly result: T | PictureProblem };

/** @throws ServiceError where the archive is damaged */
export async function tried<T>(picture: PlacedPicture, read: (bytes: Uint8Array) => Promise<T>): Promise<Tried<T>> {
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

export const problemOf = (file: string, { entry }: PlacedPicture, { code, message }: PictureProblem): RowProblem => ({ file, entry: entry.name, line: null, field: null, code, detail: message });

/** The pictures that become rows, and what is done with them. */
export interface Decoding {
  /** Pixels of each, as it is stored. */
  readonly pixels: ReadonlyMap<PlacedPicture, number>;
  readonly form: PictureForm;
  /** undefined where nothing is to come of any. */
  readonly decode: (bytes: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Told of each that is left out. */
  readonly leaveOut: (picture: PlacedPicture, problem: PictureProblem) => void;
  readonly scratchFolder: string;
}

/** @returns undefined as soon as `decode` does. A part may have no rows. @throws PICTURES_LAYOUT for parts that do not go together */
export async function decodedRows({ pixels, form, decode, leaveOut, scratchFolder }: Decoding): Promise<InParts<PictureRows> | undefined> {
  const partOf = partsOf([...pixels.keys()]);
  const rows = new Map<PartName | 'whole', PictureRows>();
  for (const part of partOf.order) rows.set(part, await PictureRows.create(join(scratchFolder, part), { shape: shapeOf(form), dtype: 'uint8' }));
  try {
    for await (const { picture, result } of inOrder(pixels, { atOnce: AT_ONCE, mostWeight: MOST_PIXELS_AT_ONCE }, ([, weight]) => weight, ([one]) => tried(one, decode))) {
      if (result === undefined) return undefined;
      if (result instanceof PictureProblem) leaveOut(picture, result);
      else await rows.get(partOf.of(picture))!.add(result, picture.label);
    }
  } finally {
    for (const part of rows.values()) await part.close();
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

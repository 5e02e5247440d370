// Pictures on their way to rows, decoded several at a time, in their order.
import { join } from 'node:path';
import { ServiceError } from '../../../contract/errors.js';
import { PARTS, type PartName } from '../../../contract/parts.js';
import type { RowProblem } from '../../../contract/row-problem.js';
import { allOf, ExampleLeftOut, inEachPart, type InParts } from '../../raw-dataset.js';
import { rowBytesOf } from '../../rows.js';
import { sizeText } from '../../size-text.js';
import { wholeRows } from '../../whole-rows.js';
import { PictureProblem, type PictureForm } from './decode.js';
import { inOrder } from './in-order.js';
import type { PlacedPicture } from './layout.js';
import { PictureRows } from './picture-rows.js';

/** Far more than there are threads: they shall not wait while this one looks at a batch of rows. */
export const AT_ONCE = 64;
/** Of all that are at work or wait for their turn: as they are stored, and four bytes for each pixel. */
const MOST_BYTES_AT_ONCE = 100_000_000;
const PIXEL_BYTES = 4;
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
export interface ToDecode {
  /** Pixels of each, as it is stored. */
  readonly pixels: ReadonlyMap<PlacedPicture, number>;
  readonly form: PictureForm;
  /** undefined where nothing is to come of any. */
  readonly decode: (bytes: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly scratchFolder: string;
}

/** Rows, and the class of each by name. */
export interface ClassedRows {
  readonly classes: readonly string[];
  readonly rows: () => AsyncIterable<Uint8Array>;
}

/**
 * Pictures on their way to rows, each decoded once. Nearly always all can be read: then they are what `presumed` says, and are looked at and packed as they
 * come; processors that decode leave time for that. Else `finish` decodes the others, and says what became of all.
 */
export class Decoding {
  private constructor(readonly form: PictureForm, private readonly parts: InParts<PartDecoding>) {}

  /** @throws PICTURES_LAYOUT for parts that do not go together */
  static async begin({ pixels, form, decode, scratchFolder }: ToDecode): Promise<Decoding> {
    const rowForm = { shape: shapeOf(form), dtype: 'uint8' } as const;
    const weightOf = (picture: PlacedPicture): number => PIXEL_BYTES * pixels.get(picture)! + picture.entry.sizeBytes;
    const opened = new Map<PartName | 'whole', PartDecoding>();
    for (const [part, pictures] of inTheirParts([...pixels.keys()])) {
      const results = inOrder(pictures, { atOnce: AT_ONCE, mostWeight: MOST_BYTES_AT_ONCE }, weightOf, (picture) => tried(picture, decode));
      opened.set(part, new PartDecoding(pictures, results, await PictureRows.create(join(scratchFolder, part), rowForm), rowBytesOf(rowForm.shape, rowForm.dtype)));
    }
    const [whole, train, validation, test] = (['whole', ...PARTS] as const).map((part) => opened.get(part));
    return new Decoding(form, whole ? { whole } : { train: train!, ...(validation && { validation }), test: test! });
  }

  /** What all of them are where none is left out: each part is to be read once, and fails at a picture that no row comes of. */
  presumed(): InParts<ClassedRows> {
    return inEachPart(this.parts, (part) => ({ classes: part.pictures.map(({ label }) => label), rows: () => part.live() }));
  }

  /**
   * Decodes what was not read yet. A part may have no rows.
   * @param leaveOut told of each picture that is left out
   * @returns undefined as soon as `decode` does
   */
  async finish(leaveOut: (picture: PlacedPicture, problem: PictureProblem) => void): Promise<InParts<PictureRows> | undefined> {
    try {
      for (const part of allOf(this.parts)) if (!(await part.finish(leaveOut))) return undefined;
      return inEachPart(this.parts, ({ decoded }) => decoded);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    for (const part of allOf(this.parts)) await part.close();
  }
}

/** The pictures of one part, and how far they are. */
class PartDecoding {
  private readonly leftOut: { picture: PlacedPicture; problem: PictureProblem }[] = [];
  private isAlike = true;
  private failure: { readonly cause: unknown } | undefined;

  constructor(
    readonly pictures: readonly PlacedPicture[],
    private readonly results: AsyncGenerator<Tried<Uint8Array | undefined>>,
    readonly decoded: PictureRows,
    private readonly rowBytes: number,
  ) {}

  live(): AsyncIterable<Uint8Array> {
    return wholeRows(this.eachRow(), this.rowBytes);
  }

  /** @returns whether each became what all are to become */
  async finish(leaveOut: (picture: PlacedPicture, problem: PictureProblem) => void): Promise<boolean> {
    const tell = (): void => {
      for (const { picture, problem } of this.leftOut.splice(0)) leaveOut(picture, problem);
    };
    tell();
    while (this.isAlike && (await this.next()) !== undefined) tell();
    await this.decoded.finish();
    return this.isAlike;
  }

  async close(): Promise<void> {
    await this.results.return(undefined);
    await this.decoded.close();
  }

  private async *eachRow(): AsyncGenerator<Uint8Array> {
    for (let row = await this.next(); row !== undefined; row = await this.next()) {
      if (row === null) throw new ExampleLeftOut();
      yield row;
    }
  }

  /** Decodes one more. @returns null where no row came of it, undefined where there was none */
  private async next(): Promise<Uint8Array | null | undefined> {
    // After a failure the generator only says that it has ended, and a row may be missing from the file.
    if (this.failure) throw this.failure.cause;
    try {
      return await this.decodeNext();
    } catch (cause) {
      this.failure = { cause };
      throw cause;
    }
  }

  private async decodeNext(): Promise<Uint8Array | null | undefined> {
    const next = await this.results.next();
    if (next.done === true) return undefined;
    const { picture, result } = next.value;
    if (result === undefined) this.isAlike = false;
    else if (result instanceof PictureProblem) this.leftOut.push({ picture, problem: result });
    else {
      await this.decoded.add(result, picture.label);
      return result;
    }
    return null;
  }
}

/** The pictures of each part there is, or of the whole. Of folders for training and validation alone, the second is the test part. */
function inTheirParts(pictures: readonly PlacedPicture[]): Map<PartName | 'whole', readonly PlacedPicture[]> {
  const folders = new Set(pictures.map(({ part }) => part ?? 'whole'));
  if (folders.has('whole') || (folders.has('train') && folders.size === 1)) return new Map([['whole', pictures]]);
  if (!folders.has('train')) throw wrong('there is no folder "train" beside that of the other part');
  const of = (part: PartName): PlacedPicture[] => pictures.filter((picture) => picture.part === part);
  if (!folders.has('test')) return new Map([['train', of('train')], ['test', of('validation')]]);
  return new Map(PARTS.filter((part) => folders.has(part)).map((part) => [part, of(part)]));
}

// From an archive of pictures to rows: which there are, what they all become, each decoded once into a scratch file.
import { MOST_CLASSES } from '../../../contract/dataset.js';
import { ServiceError } from '../../../contract/errors.js';
import { volume } from '../../../contract/shape.js';
import { LABEL_BYTES } from '../../packed-writer.js';
import { allOf, inEachPart, type InParts, type RawDataset } from '../../raw-dataset.js';
import { sizeText } from '../../size-text.js';
import type { SourceFile } from '../../source-file.js';
import { inClassOrder, requireLabels } from '../class-labels.js';
import type { ReadOptions } from '../reader.js';
import { BACKGROUND, decodeAlike, decodePicture, PictureProblem, readHead, type PictureForm, type PictureHead } from './decode.js';
import { AT_ONCE, Decoding, problemOf, shapeOf, tried, type ClassedRows } from './decoded-rows.js';
import { findPictures, openSent, sortSent } from './find-pictures.js';
import { formFor, LARGEST_KEPT_SIDE } from './form.js';
import { inOrder } from './in-order.js';
import type { PlacedPicture } from './layout.js';
import type { PictureRows } from './picture-rows.js';

const MOST_BYTES_AT_ONCE = 2 ** 26;

const wrong = (why: string): ServiceError => ServiceError.of('PICTURES_LAYOUT', why);

/** @throws NO_PICTURES, PICTURES_LAYOUT, CLASSES_TOO_FEW, ROWS_REFUSED, DATASET_TOO_LARGE, and what openArchive and openTar throw */
export async function readPictures(files: readonly SourceFile[], options: ReadOptions): Promise<RawDataset> {
  const { maxBytes, scratchFolder, problems } = options;
  const sent = await sortSent(files);
  const entries = await openSent(sent, maxBytes, scratchFolder);
  const pictures = await findPictures(entries, sent, options);
  const from = sent.archive.name;
  const alike = await allAlike(pictures, options);
  const decoding = alike ?? (await ofAnySize(pictures, from, options));
  const otherwise = async (): Promise<RawDataset> => {
    if (!alike) return readable(decoding, from, options);
    return (await readableAlike(alike, from, options)) ?? readable(await ofAnySize(pictures, from, options), from, options);
  };
  if (problems.count > 0) return otherwise();
  try {
    return { ...datasetOf(decoding.form, decoding.presumed(), from, options), otherwise, close: () => decoding.close() };
  } catch {
    // What is wrong with the classes may come of a picture that cannot be read, which is told first.
    return otherwise();
  }
}

/** @throws PICTURES_LAYOUT, CLASSES_TOO_FEW */
function datasetOf(form: PictureForm, rows: InParts<ClassedRows>, from: string, { classNames }: ReadOptions): RawDataset {
  const names = classNames ?? inClassOrder([...new Set(allOf(rows).flatMap(({ classes }) => classes))]);
  if (names.length > MOST_CLASSES) throw wrong(`there are ${names.length} classes; at most ${MOST_CLASSES} are accepted`);
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const parts = inEachPart(rows, (part) => ({ labels: Int32Array.from(part.classes, (name) => placeOf.get(name)!), rows: () => part.rows() }));
  requireLabels(allOf(parts).map(({ labels }) => ({ name: from, labels })), names.length);
  return {
    shape: shapeOf(form), dtype: 'uint8', classNames: names,
    pictures: { fit: form.fit, background: BACKGROUND },
    content: 'whole' in parts ? { ...parts, from } : { parts },
  };
}

const bytesIn = (form: PictureForm, count: number): number => count * (volume(shapeOf(form)) + LABEL_BYTES);

/**
 * Most sets of small pictures have one size, which they keep. So that their headers need not be read before, the first is taken for all of
 * them: of the work a small picture is, the look at its header would be a third.
 * @returns undefined where the first has another size than it would become
 */
async function allAlike(pictures: readonly PlacedPicture[], { pictures: wanted, maxBytes, scratchFolder }: ReadOptions): Promise<Decoding | undefined> {
  const { result: head } = await tried(pictures[0]!, readHead);
  if (head instanceof PictureProblem || Math.max(head.height, head.width) > LARGEST_KEPT_SIDE) return undefined;
  const form = formFor([head], wanted);
  if (form.height !== head.height || form.width !== head.width || bytesIn(form, pictures.length) > maxBytes) return undefined;
  // One that has colours would give the others three channels.
  const mustBeGrey = form.channels === 1 && wanted.channels === undefined;
  return Decoding.begin({
    form, scratchFolder,
    pixels: new Map(pictures.map((picture) => [picture, head.height * head.width])),
    decode: async (bytes) => (mustBeGrey && !(await readHead(bytes)).grey ? undefined : decodeAlike(bytes, form)),
  });
}

/** @returns undefined where they are not alike after all, and nothing is told of any */
async function readableAlike(alike: Decoding, from: string, options: ReadOptions): Promise<RawDataset | undefined> {
  const leftOut: [PlacedPicture, PictureProblem][] = [];
  const rows = await alike.finish((...left) => leftOut.push(left));
  if (!rows || allOf(rows).some(({ classes }) => classes.length === 0)) return undefined;
  for (const [picture, problem] of leftOut) options.problems.add(problemOf(from, picture, problem));
  return datasetOf(alike.form, rows, from, options);
}

/** All headers are read first, since what the pictures become may follow from all of them. @throws NO_PICTURES, PICTURES_LAYOUT, DATASET_TOO_LARGE */
async function ofAnySize(pictures: readonly PlacedPicture[], from: string, options: ReadOptions): Promise<Decoding> {
  const { maxBytes, scratchFolder } = options;
  const headed = await headsOf(pictures, from, options);
  const form = formFor([...headed.values()], options.pictures);
  const needed = bytesIn(form, headed.size);
  if (needed > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(needed), sizeText(maxBytes));
  return Decoding.begin({
    form, scratchFolder,
    pixels: new Map([...headed].map(([picture, { width, height }]) => [picture, width * height])),
    decode: (bytes) => decodePicture(bytes, form),
  });
}

/** @throws NO_PICTURES where a part has none */
async function readable(decoding: Decoding, from: string, options: ReadOptions): Promise<RawDataset> {
  const { problems } = options;
  const rows = (await decoding.finish((picture, problem) => problems.add(problemOf(from, picture, problem))))!;
  for (const [part, { classes }] of Object.entries<PictureRows>({ ...rows })) {
    if (classes.length === 0) throw ServiceError.of('NO_PICTURES', from, part === 'whole' ? `all ${problems.count} were left out` : `none of the ${part} part was`);
  }
  return datasetOf(decoding.form, rows, from, options);
}

/** The pictures whose headers can be read. @throws NO_PICTURES */
async function headsOf(pictures: readonly PlacedPicture[], file: string, { problems }: ReadOptions): Promise<ReadonlyMap<PlacedPicture, PictureHead>> {
  const headed = new Map<PlacedPicture, PictureHead>();
  const pace = { atOnce: AT_ONCE, mostWeight: MOST_BYTES_AT_ONCE };
  for await (const { picture, result } of inOrder(pictures, pace, ({ entry }) => entry.sizeBytes, (one) => tried(one, readHead))) {
    if (result instanceof PictureProblem) problems.add(problemOf(file, picture, result));
    else headed.set(picture, result);
  }
  if (headed.size === 0) throw ServiceError.of('NO_PICTURES', file, `all ${problems.count} were left out`);
  return headed;
}

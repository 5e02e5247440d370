// NumPy arrays: one .npz archive, or .npy files, of inputs and labels, in one part or in several, told by their names.
import { volume } from '../../contract/shape.js';
import { MOST_CLASSES } from '../../contract/dataset.js';
import { partsIn, type PartName } from '../../contract/parts.js';
import { ServiceError } from '../../contract/errors.js';
import { openArchive, startsAsZip, type Archive } from '../archive.js';
import { allOf, partsOf, LABEL_BYTES, MOST_VALUES_PER_EXAMPLE, type InParts, type RawDataset, type SourcePart } from '../raw-dataset.js';
import { rowBytesOf, type RowType } from '../rows.js';
import { sizeText } from '../size-text.js';
import { contentOf, GzipDamage, headOf, type FileHead, type SourceFile } from '../source-file.js';
import { namesOfNumbers, requireLabels, type Labelled } from './class-labels.js';
import { isText, isUint8, numbersIn, readNpyHeader, rowsOf, sizeInBytes, startsAsNpy, textsIn, type ArrayFile, type NpyArray } from './npy-array.js';
import type { Reader } from './reader.js';

const NEEDED = 'needed are "x" and "y", or "x_train", "y_train", "x_test" and "y_test", with "x_val" and "y_val" if there are any; "images", "data", "inputs" or "features" may stand for x, "labels" or "target" for y';

type Role = 'inputs' | 'labels';
type Pair = Readonly<Record<Role, NpyArray>>;
type Pairs = InParts<Pair>;

const wrongParts = (why: string): ServiceError => ServiceError.of('NPY_PARTS', why);
const said = ({ shape }: NpyArray): string => `(${shape.join(', ')})`;

/** The name of the first entry lies at byte 30 of an archive. */
const isNpz = ({ bytes }: FileHead): boolean => startsAsZip(bytes) && /\.npy/.test(Buffer.from(bytes.subarray(30)).toString('latin1'));

/**
 * Reads inputs [n, …] of any type of number and labels [n] or [n, 1], numbers or texts. Everything but the inputs' values is checked
 * before they are read: headers, how they fit, sizes, labels.
 */
export const npy: Reader = {
  name: 'npy',

  recognises: (heads) => (heads.length === 1 && heads.every(isNpz)) || heads.every(({ bytes }) => startsAsNpy(bytes)),

  async read(files, { classNames, maxBytes }) {
    const [only] = files;
    const archive = only && startsAsZip((await headOf(only)).bytes) ? await openArchive(only, maxBytes) : undefined;
    const close = (): void => archive?.close();
    try {
      return { ...(await readArrays(archive ? entriesOf(archive) : files.map(arrayFile), classNames, maxBytes)), close };
    } catch (problem) {
      close();
      throw problem;
    }
  },
};

async function readArrays(files: readonly ArrayFile[], classNames: readonly string[] | null, maxBytes: number): Promise<RawDataset> {
  const arrays: NpyArray[] = [];
  for (const file of files) arrays.push(await readNpyHeader(file));
  const pairs = sortIntoPairs(arrays);
  const all = allOf(pairs);
  const { shape, dtype } = requireFit(all);
  requireSize(all, dtype, maxBytes);

  const { labelled, names } = await classesOf(all.map(({ labels }) => labels), classNames);
  requireLabels(labelled, names.length);
  const part = (pair: Pair): SourcePart => ({ labels: labelled[all.indexOf(pair)]!.labels, rows: () => rowsOf(pair.inputs) });
  return { shape, dtype, classNames: names, content: partsOf(pairs, part, ({ inputs }) => inputs.file.name) };
}

const entriesOf = ({ entries }: Archive): ArrayFile[] => entries.map(({ name, content }) => ({ name, content }));

/** A file that was sent, plain or gzip. */
const arrayFile = ({ name, path }: SourceFile): ArrayFile => ({
  name,
  async *content() {
    try {
      yield* contentOf(path);
    } catch (cause) {
      throw cause instanceof GzipDamage ? ServiceError.of('NPY_CORRUPT', name, cause.message) : cause;
    }
  },
});

/** "validation" may be short: "val", "valid". */
const PART = /(train|test)(?:ing)?|(val)(?:id(?:ation)?)?/;
const ROLES: Readonly<Record<Role, RegExp>> = { inputs: /^(x|data|images?|inputs?|features?)$/, labels: /^(y|labels?|targets?)$/ };

/** What an array is, by its name: "x_train", "train_images", "XTest". Undefined where the name does not say. */
function placeOf({ file }: NpyArray): { role: Role; part: PartName | undefined } | undefined {
  const stem = file.name.replace(/(\.npy)?(\.gz)?$/i, '').toLowerCase();
  const [, part, validation] = PART.exec(stem) ?? [];
  const rest = stem.replace(PART, '').replace(/^[^a-z]+|[^a-z]+$/g, '');
  const role = (['inputs', 'labels'] as const).find((one) => ROLES[one].test(rest));
  return role && { role, part: validation ? 'validation' : (part as PartName | undefined) };
}

/** @throws NPY_PARTS saying what was found and what is needed */
function sortIntoPairs(arrays: readonly NpyArray[]): Pairs {
  const found = arrays.map((array) => ({ array, place: placeOf(array) }));
  const names = arrays.map(({ file }) => `"${file.name}"`).slice(0, 8).join(', ');
  const of = (part: PartName | undefined, role: Role): NpyArray => {
    const [only, ...more] = found.filter(({ place }) => place?.role === role && place.part === part);
    if (!only || more.length > 0) throw wrongParts(`found ${names || 'no array'}; ${NEEDED}`);
    return only.array;
  };
  const pair = (part: PartName | undefined): Pair => ({ inputs: of(part, 'inputs'), labels: of(part, 'labels') });
  if (arrays.length === 2) return { whole: pair(undefined) };
  const validates = found.some(({ place }) => place?.part === 'validation');
  const pairs = { train: pair('train'), ...(validates && { validation: pair('validation') }), test: pair('test') };
  if (arrays.length > 2 * partsIn(pairs).length) throw wrongParts(`found ${names}, which are ${arrays.length} arrays; ${NEEDED}`);
  return pairs;
}

/** Shape and type of all inputs. @throws NPY_PARTS where counts, shapes or types do not fit each other, or there is nothing in them */
function requireFit(pairs: readonly Pair[]): { shape: number[]; dtype: RowType } {
  for (const { inputs, labels } of pairs) {
    const [count] = labels.shape;
    if (inputs.shape.length < 2 || inputs.shape.length > 4) throw wrongParts(`"${inputs.file.name}" is ${said(inputs)}; examples are vectors, or pictures with or without channels`);
    if (isText(inputs)) throw wrongParts(`"${inputs.file.name}" holds texts; inputs are numbers`);
    if (volume(labels.shape) !== count) throw wrongParts(`"${labels.file.name}" is ${said(labels)}; labels are one number or text for each example`);
    if (inputs.shape[0] !== count) throw wrongParts(`"${inputs.file.name}" holds ${inputs.shape[0]} examples, "${labels.file.name}" ${count} labels; each example needs one`);
    if (volume(inputs.shape) === 0) throw wrongParts(`"${inputs.file.name}" holds no values ${said(inputs)}`);
  }
  const [first, ...others] = pairs.map(({ inputs }) => inputs);
  const unlike = others.find((other) => other.shape.slice(1).join() !== first!.shape.slice(1).join() || isUint8(other) !== isUint8(first!));
  if (unlike) {
    const [one, other] = [first!, unlike].map((array) => `"${array.file.name}" is ${array.type.descr} ${said(array)}`);
    throw wrongParts(`${one}, ${other}; all parts need one shape and type`);
  }
  const [, ...example] = first!.shape;
  if (volume(example) > MOST_VALUES_PER_EXAMPLE) throw wrongParts(`an example of "${first!.file.name}" has ${volume(example)} values; at most ${MOST_VALUES_PER_EXAMPLE} are accepted`);
  return { shape: example.length === 2 ? [...example, 1] : example, dtype: isUint8(first!) ? 'uint8' : 'float32' };
}

/** @throws DATASET_TOO_LARGE, before any memory is taken for what a header announces */
function requireSize(pairs: readonly Pair[], dtype: RowType, maxBytes: number): void {
  const needed = pairs.reduce((sum, { inputs, labels }) => sum + rowBytesOf(inputs.shape, dtype) + Math.max(sizeInBytes(labels), labels.shape[0]! * LABEL_BYTES), 0);
  if (needed > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(needed), sizeText(maxBytes));
}

/**
 * The class of each example, and the names of the classes: of numbers as asked for or else the numbers; of texts the texts in the order of
 * their code units, unless the request names them in another.
 */
async function classesOf(arrays: readonly NpyArray[], asked: readonly string[] | null): Promise<{ labelled: Labelled[]; names: readonly string[] }> {
  if (arrays.some(isText)) {
    const texts: string[][] = [];
    for (const array of arrays) texts.push(isText(array) ? await textsIn(array) : Array.from(await numbersIn(array), String));
    const names = asked ?? [...new Set(texts.flat())].sort();
    if (names.length > MOST_CLASSES) throw wrongParts(`the labels are ${names.length} different texts; at most ${MOST_CLASSES} classes are accepted`);
    const places = new Map(names.map((name, label) => [name, label]));
    return { names, labelled: arrays.map(({ file }, at) => ({ name: file.name, labels: Int32Array.from(texts[at]!, (text) => placeIn(places, file.name, text)) })) };
  }
  const labelled: Labelled[] = [];
  for (const array of arrays) labelled.push({ name: array.file.name, labels: wholeNumbers(array, await numbersIn(array)) });
  return { names: asked ?? namesOfNumbers(labelled), labelled };
}

function placeIn(places: ReadonlyMap<string, number>, name: string, text: string): number {
  const place = places.get(text);
  if (place === undefined) throw wrongParts(`"${name}" holds the label "${text.slice(0, 64)}", which class_names does not have`);
  return place;
}

/** @throws LABEL_OUT_OF_RANGE for what numbers no class */
function wholeNumbers({ file }: NpyArray, numbers: Float64Array): Int32Array {
  const wrong = numbers.findIndex((number) => !(Number.isInteger(number) && number >= 0 && number < MOST_CLASSES));
  if (wrong >= 0) throw ServiceError.of('LABEL_OUT_OF_RANGE', file.name, wrong, numbers[wrong]!, MOST_CLASSES);
  return Int32Array.from(numbers);
}

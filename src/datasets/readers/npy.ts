// NumPy arrays: one .npz archive, or .npy files, of inputs and labels, in one part or in several, told by their names.
import { volume } from '../../contract/shape.js';
import { MOST_CLASSES } from '../../contract/dataset.js';
import { partsIn, type PartName } from '../../contract/parts.js';
import { ServiceError } from '../../contract/errors.js';
import { MOST_TARGET_VALUES, type Task } from '../../contract/task.js';
import { openArchive, startsAsZip } from '../archive.js';
import { allOf, partsOf, MOST_VALUES_PER_EXAMPLE, type InParts, type RawDataset, type SourcePart } from '../raw-dataset.js';
import { rowBytesOf, type RowType } from '../rows.js';
import { LABEL_BYTES, type Labels } from '../packed-writer.js';
import { sizeText } from '../size-text.js';
import { contentOf, GzipDamage, headOf, type FileHead, type SourceFile } from '../source-file.js';
import { namesOfNumbers, requireLabels, type Labelled } from './class-labels.js';
import { isFloat, isText, isUint8, numbersIn, readNpyHeader, rowsOf, sizeInBytes, startsAsNpy, textsIn, type ArrayFile, type NpyArray } from './npy-array.js';
import type { ReadOptions, Reader } from './reader.js';

const NEEDED = 'needed are "x" and "y", or "x_train", "y_train", "x_test" and "y_test", with "x_val" and "y_val" if there are any; "images", "data", "inputs" or "features" may stand for x, "labels" or "target" for y';

type Role = 'inputs' | 'labels';
type Pair = Readonly<Record<Role, NpyArray>>;
type Pairs = InParts<Pair>;

const wrongParts = (why: string): ServiceError => ServiceError.of('NPY_PARTS', why);
const said = ({ shape }: NpyArray): string => `(${shape.join(', ')})`;

/** The name of the first entry lies at byte 30 of an archive, its length at byte 26. */
function isNpz({ bytes }: FileHead): boolean {
  const firstName = Buffer.from(bytes.subarray(30, 30 + (bytes[26] ?? 0) + 256 * (bytes[27] ?? 0))).toString('latin1');
  return startsAsZip(bytes) && firstName.endsWith('.npy');
}

/**
 * Reads inputs [n, …] of any type of number and labels [n] or [n, 1], numbers or texts, or values [n, outputs]. Everything but the inputs' values is checked
 * before they are read: headers, how they fit, sizes, labels.
 */
export const npy: Reader = {
  name: 'npy',

  recognises: (heads) => (heads.length === 1 && heads.every(isNpz)) || heads.every(({ bytes }) => startsAsNpy(bytes)),

  async read(files, { maxBytes, ...options }) {
    const [only] = files;
    const isArchive = only !== undefined && startsAsZip((await headOf(only)).bytes);
    return readArrays(isArchive ? await openArchive(only, maxBytes) : files.map(arrayFile), options, maxBytes);
  },
};

async function readArrays(files: readonly ArrayFile[], asked: Asked, maxBytes: number): Promise<RawDataset> {
  const arrays: NpyArray[] = [];
  for (const file of files) arrays.push(await readNpyHeader(file));
  const pairs = sortIntoPairs(arrays);
  const all = allOf(pairs);
  const ofLabels = all.map(({ labels }) => labels);
  const task = taskOf(ofLabels, asked);
  const { shape, dtype } = requireFit(all, task);
  requireSize(all, dtype, maxBytes);

  const { labels, ...form } = task === 'regression' ? await valuesOf(ofLabels) : await classesOf(ofLabels, asked.classNames);
  const part = (pair: Pair): SourcePart => ({ labels: labels[all.indexOf(pair)]!, rows: () => rowsOf(pair.inputs) });
  return { shape, dtype, ...form, content: partsOf(pairs, part, ({ inputs }) => inputs.file.name) };
}

type Asked = Pick<ReadOptions, 'classNames' | 'task'>;

/** Floating-point labels are values, unless the request speaks of classes; all others are classes, unless it speaks of values. */
function taskOf(labels: readonly NpyArray[], { classNames, task }: Asked): Task {
  const ofLabels = labels.every(isFloat) && classNames === null ? 'regression' : 'classification';
  const text = labels.find(isText);
  if (task === 'regression' && text) throw wrongParts(`"${text.file.name}" holds texts, and the task is regression`);
  return task ?? ofLabels;
}

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

const stemOf = ({ file }: NpyArray): string => file.name.replace(/(\.npy)?(\.gz)?$/i, '').toLowerCase();
/** Its name without the part it speaks of: "y" of "y_train". */
const baseNameOf = (array: NpyArray): string => stemOf(array).replace(PART, '').replace(/^[^a-z]+|[^a-z]+$/g, '');

/** What an array is, by its name: "x_train", "train_images", "XTest". Undefined where the name does not say. */
function placeOf(array: NpyArray): { role: Role; part: PartName | undefined } | undefined {
  const [, part, validation] = PART.exec(stemOf(array)) ?? [];
  const rest = baseNameOf(array);
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
function requireFit(pairs: readonly Pair[], task: Task): { shape: number[]; dtype: RowType } {
  for (const { inputs, labels } of pairs) {
    const [count] = labels.shape;
    if (inputs.shape.length < 2 || inputs.shape.length > 4) throw wrongParts(`"${inputs.file.name}" is ${said(inputs)}; examples are vectors, or pictures with or without channels`);
    if (isText(inputs)) throw wrongParts(`"${inputs.file.name}" holds texts; inputs are numbers`);
    if (task === 'classification' && volume(labels.shape) !== count) throw wrongParts(`"${labels.file.name}" is ${said(labels)}; labels are one number or text for each example`);
    if (labels.shape.length < 1 || labels.shape.length > 2) throw wrongParts(`"${labels.file.name}" is ${said(labels)}; values are one number, or a row of them, for each example`);
    if (inputs.shape[0] !== count) throw wrongParts(`"${inputs.file.name}" holds ${inputs.shape[0]} examples, "${labels.file.name}" ${count} labels; each example needs one`);
    if (volume(inputs.shape) === 0) throw wrongParts(`"${inputs.file.name}" holds no values ${said(inputs)}`);
  }
  const [first, ...others] = pairs.map(({ inputs }) => inputs);
  const unlike = others.find((other) => other.shape.slice(1).join() !== first!.shape.slice(1).join() || isUint8(other) !== isUint8(first!));
  if (unlike) {
    const [one, other] = [first!, unlike].map((array) => `"${array.file.name}" is ${array.type.descr} ${said(array)}`);
    throw wrongParts(`${one}, ${other}; all parts need one shape and type`);
  }
  requireValues(pairs.map(({ labels }) => labels));
  const [, ...example] = first!.shape;
  if (volume(example) > MOST_VALUES_PER_EXAMPLE) throw wrongParts(`an example of "${first!.file.name}" has ${volume(example)} values; at most ${MOST_VALUES_PER_EXAMPLE} are accepted`);
  return { shape: example.length === 2 ? [...example, 1] : example, dtype: isUint8(first!) ? 'uint8' : 'float32' };
}

/** @throws NPY_PARTS where examples have different numbers of values, or too many */
function requireValues(labels: readonly NpyArray[]): void {
  const widths = labels.map(widthOf);
  if (widths.some((width) => width !== widths[0])) throw wrongParts(`${labels.map((array) => `"${array.file.name}" is ${said(array)}`).join(', ')}; all parts need as many values for each example`);
  if (!(widths[0]! >= 1 && widths[0]! <= MOST_TARGET_VALUES)) throw wrongParts(`"${labels[0]!.file.name}" is ${said(labels[0]!)}; 1 to ${MOST_TARGET_VALUES} values for each example are accepted`);
}

/** Values of each example. */
const widthOf = ({ shape: [, width = 1] }: NpyArray): number => width;

/** @throws DATASET_TOO_LARGE, before any memory is taken for what a header announces */
function requireSize(pairs: readonly Pair[], dtype: RowType, maxBytes: number): void {
  const needed = pairs.reduce((sum, { inputs, labels }) => sum + rowBytesOf(inputs.shape, dtype) + Math.max(sizeInBytes(labels), volume(labels.shape) * LABEL_BYTES), 0);
  if (needed > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(needed), sizeText(maxBytes));
}

/**
 * The class of each example, and the names of the classes: of numbers as asked for or else the numbers; of texts the texts in the order of
 * their code units, unless the request names them in another.
 */
async function classesOf(arrays: readonly NpyArray[], asked: readonly string[] | null): Promise<LabelsOf> {
  const { labelled, names } = await namedClasses(arrays, asked);
  requireLabels(labelled, names.length);
  return { classNames: names, labels: labelled.map(({ labels }) => labels) };
}

/** What the arrays of labels come to, in their order. */
type LabelsOf = Pick<RawDataset, 'classNames' | 'targetNames'> & { labels: Labels[] };

/** The values of each example, named by the array and, of several, by their place. @throws VALUE_NOT_FINITE */
async function valuesOf(arrays: readonly NpyArray[]): Promise<LabelsOf> {
  const width = widthOf(arrays[0]!);
  const labels: Labels[] = [];
  for (const array of arrays) {
    const values = Float32Array.from(await numbersIn(array));
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw ServiceError.of('VALUE_NOT_FINITE', array.file.name, Math.floor(wrong / width));
    labels.push(values);
  }
  const name = baseNameOf(arrays[0]!);
  return { classNames: [], targetNames: width === 1 ? [name] : Array.from({ length: width }, (_, at) => `${name}_${at + 1}`), labels };
}

async function namedClasses(arrays: readonly NpyArray[], asked: readonly string[] | null): Promise<{ labelled: Labelled[]; names: readonly string[] }> {
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

// What each column of a table is for: the one to predict, the one that names parts, inputs of either kind, or nothing.
import type { ColumnKind, TableColumn, TableWanted } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import type { PartName } from '../../contract/parts.js';
import { volume } from '../../contract/shape.js';
import { partNamed } from '../part-names.js';
import { MOST_TEXTS, type Column } from './survey.js';

const TARGETS = ['label', 'class', 'target', 'y'] as const;
const SPLITS: ReadonlySet<string> = new Set(['split', 'part', 'fold']);
/** A column of at least this share of numbers among its values is numeric; the rest are rows that cannot be read. */
const NUMERIC_SHARE = 0.95;

export interface InputColumn {
  /** In the table. */
  readonly place: number;
  readonly column: Column;
  readonly kind: Exclude<ColumnKind, 'ignore'>;
}

export interface Roles {
  readonly target: number;
  /** The column that names the part of each row, and the part of each of its texts. */
  readonly split: { readonly place: number; readonly parts: readonly PartName[] } | undefined;
  readonly inputs: readonly InputColumn[];
}

/** The column to predict: as asked for; else named label, class, target or y; else the last. @throws TABLE_COLUMNS */
export function targetOf(names: readonly string[], { target, columns = {} }: TableWanted): string {
  const unknown = [...(target === undefined ? [] : [target]), ...Object.keys(columns)].find((name) => !names.includes(name));
  if (unknown !== undefined) throw ServiceError.of('TABLE_COLUMNS', `there is no column "${unknown.slice(0, 64)}"; the columns are ${listed(names)}`);
  return target ?? TARGETS.map((word) => names.find((name) => name.toLowerCase() === word)).find((name) => name !== undefined) ?? names.at(-1)!;
}

/** Columns whose cells are texts even where they look like numbers. */
export const literalColumns = (names: readonly string[], target: string, { columns = {} }: TableWanted): ReadonlySet<string> =>
  new Set([target, ...names.filter((name) => SPLITS.has(name.toLowerCase()) || kindAsked(columns, name) === 'categorical')]);

const kindAsked = (columns: NonNullable<TableWanted['columns']>, name: string): ColumnKind | undefined => (Object.hasOwn(columns, name) ? columns[name] : undefined);

/** @throws TABLE_COLUMNS */
export function rolesOf(columns: readonly Column[], targetName: string, wanted: TableWanted): Roles {
  const target = columns.findIndex(({ name }) => name === targetName);
  const split = splitOf(columns, targetName, wanted);
  const inputs = columns.flatMap((column, place): InputColumn[] => {
    const asked = kindAsked(wanted.columns ?? {}, column.name);
    if (place === target || place === split?.place || asked === 'ignore') return [];
    return [{ place, column, kind: asked ?? inferred(column) }];
  });
  if (inputs.length === 0) throw ServiceError.of('TABLE_COLUMNS', `no column is left to predict "${targetName}" from`);
  if (wanted.shape) requirePixels(inputs, wanted.shape);
  return { target, split, inputs };
}

/** The same where another table says what is an input; columns that it lacks are not looked at. @throws TABLE_COLUMNS */
export function rolesLike(columns: readonly Column[], targetName: string, like: readonly TableColumn[]): Roles {
  const kinds = Object.fromEntries(like.map(({ name, kind }) => [name, kind]));
  const places = new Map(columns.map(({ name }, place) => [name, place]));
  const inputs = like.map(({ name, kind }): InputColumn => {
    const place = places.get(name);
    if (place === undefined) throw ServiceError.of('TABLE_COLUMNS', `there is no column "${name.slice(0, 64)}", which the data set that "like" names has; the columns are ${listed([...places.keys()])}`);
    if (name === targetName) throw ServiceError.of('TABLE_COLUMNS', `"${name.slice(0, 64)}" is an input of the data set that "like" names, and would be what is predicted here; name another column as "target"`);
    return { place, column: columns[place]!, kind };
  });
  return { target: places.get(targetName)!, split: splitOf(columns, targetName, { columns: kinds }), inputs };
}

const isNumeric = ({ numbers, words }: Column): boolean => numbers >= NUMERIC_SHARE * (numbers + words);

/** Numbers are values to predict where not all of them are whole. */
export const areValues = (target: Column): boolean => isNumeric(target) && target.fractions > 0;

function inferred(column: Column): InputColumn['kind'] {
  // Without any value it is all filled in, which takes one input.
  if (!column.literal && isNumeric(column)) return 'numeric';
  if (!column.overflows) return 'categorical';
  const why = `column "${column.name}" holds texts, more than ${MOST_TEXTS} different ones or long ones`;
  throw ServiceError.of('TABLE_COLUMNS', `${why}; say in "columns" that it is to be "ignore", or "categorical" to keep the most frequent`);
}

function splitOf(columns: readonly Column[], target: string, wanted: TableWanted): Roles['split'] {
  const isOne = ({ name, texts, words, overflows }: Column): boolean =>
    SPLITS.has(name.toLowerCase()) && name !== target && kindAsked(wanted.columns ?? {}, name) === undefined
    && words > 0 && !overflows && texts.every((text) => partNamed(text) !== undefined);
  const place = columns.findIndex(isOne);
  return place < 0 ? undefined : { place, parts: columns[place]!.texts.map((text) => partNamed(text)!) };
}

function requirePixels(inputs: readonly InputColumn[], shape: readonly number[]): void {
  const words = inputs.find(({ kind }) => kind !== 'numeric');
  if (words) throw ServiceError.of('TABLE_COLUMNS', `"shape" makes pixels of all columns, but "${words.column.name}" is ${words.kind}; say in "columns" that it is to be "ignore"`);
  if (volume(shape) === inputs.length) return;
  throw ServiceError.of('TABLE_COLUMNS', `"shape" [${shape.join(', ')}] takes ${volume(shape)} columns of pixels, but there are ${inputs.length}`);
}

function listed(names: readonly string[]): string {
  const said = names.slice(0, 8).map((name) => `"${name.slice(0, 64)}"`);
  return [...said, ...(names.length > said.length ? [`${names.length - said.length} more`] : [])].join(', ');
}

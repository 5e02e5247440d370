// Which rows of a table can be used, the class and the part of each.
import { DISPLAY_NAME_PATTERN, LONGEST_DISPLAY_NAME } from '../../contract/schema.js';
import { MOST_CLASSES, type TableWanted } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import type { PartName } from '../../contract/parts.js';
import type { RowProblems } from '../row-problems.js';
import { isNumber, textIn } from './cell.js';
import type { InputColumn, Roles } from './roles.js';
import type { Batch } from './scratch.js';
import type { BadRow } from './table.js';
import type { Column, Survey } from './survey.js';

/** The part of a row, as a number: rows that cannot be used have none. */
export const UNUSED = 0;
export type Where = PartName | 'whole';
export const NUMBER_OF: Readonly<Record<Where, number>> = { whole: 1, train: 2, validation: 3, test: 4 };

export interface Judged {
  readonly classNames: readonly string[];
  /** Of each file its rows. */
  readonly files: readonly { readonly part: Uint8Array; readonly label: Int32Array }[];
  /** Rows of each part. */
  readonly counts: Readonly<Record<Where, number>>;
}

export interface Judging {
  readonly survey: Survey;
  readonly roles: Roles;
  readonly wanted: TableWanted;
  readonly classNames: readonly string[] | null;
  /** Of each file the part its name speaks of. */
  readonly partOfFile: readonly Where[];
  readonly problems: RowProblems;
}

/** @throws TABLE_COLUMNS, TABLE_PARTS, TABLE_EMPTY, CLASSES_TOO_FEW, ROWS_REFUSED */
export async function judge({ survey, roles, wanted, classNames, partOfFile, problems }: Judging): Promise<Judged> {
  const target = survey.columns[roles.target]!;
  const classes = classesOf(target, classNames);
  const fault = faultsOf(survey.columns, roles, wanted, classes);
  const seen = new Uint8Array(target.texts.length);
  const counts: Record<Where, number> = { whole: 0, train: 0, validation: 0, test: 0 };
  const files: { part: Uint8Array; label: Int32Array }[] = [];
  for (const [number, { table, scratch }] of survey.files.entries()) {
    const [part, label] = [new Uint8Array(scratch.rows), new Int32Array(scratch.rows)];
    let from = 0;
    for await (const batch of scratch.read()) {
      for (let row = 0; row < batch.rows; row += 1) {
        const problem = fault(batch, row);
        if (problem) {
          problems.add({ file: table.file.name, entry: null, ...problem });
          continue;
        }
        const text = textIn(at(batch, roles.target, row))!;
        const where = roles.split ? roles.split.parts[textIn(at(batch, roles.split.place, row))!]! : partOfFile[number]!;
        seen[text] = 1;
        counts[where] += 1;
        part[from + row] = NUMBER_OF[where];
        label[from + row] = text;
      }
      from += batch.rows;
    }
    files.push({ part, label });
  }
  requireRows(counts, survey, problems);
  return { ...numbered(target, classNames, classes, seen, files), files, counts };
}

/** A cell of a batch; the first column is the line. */
export const at = ({ cells, rows }: Batch, column: number, row: number): number => cells[(1 + column) * rows + row]!;

const NAME = new RegExp(DISPLAY_NAME_PATTERN, 'u');
const isName = (text: string): boolean => text.length <= LONGEST_DISPLAY_NAME && NAME.test(text);

/** The class of each text of the target, -1 for a text that names none; undefined where classes are named by the texts. */
function classesOf({ texts }: Column, names: readonly string[] | null): Int32Array | undefined {
  if (!names) return undefined;
  const places = new Map(names.map((name, place) => [name, place]));
  // Numbers of classes, counted from 0, unless the classes themselves are called by numbers.
  const byNumber = !names.some((name) => WHOLE.test(name));
  return Int32Array.from(texts, (text) => places.get(text) ?? (byNumber && WHOLE.test(text) && Number(text) < names.length ? Number(text) : -1));
}

const WHOLE = /^\d+$/;

/** What is wrong with a row, if something is. */
function faultsOf(columns: readonly Column[], roles: Roles, wanted: TableWanted, classes: Int32Array | undefined): (batch: Batch, row: number) => BadRow | undefined {
  const target = columns[roles.target]!;
  const problem = (batch: Batch, row: number, column: Column, code: BadRow['code'], detail: string): BadRow => ({ line: batch.cells[row]!, field: column.name, code, detail });
  const valueFault = wanted.shape ? pixelFault : wanted.missing === 'bad_row' ? strictFault : numberFault;
  return (batch, row) => {
    const label = at(batch, roles.target, row);
    if (Number.isNaN(label)) return problem(batch, row, target, 'LABEL_MISSING', 'has no label');
    const text = target.texts[textIn(label)!];
    if (text === undefined || !isName(text)) return problem(batch, row, target, 'LABEL_UNKNOWN', 'has a label that can name no class: 1 to 128 printable characters can');
    if (classes && classes[textIn(label)!]! < 0) return problem(batch, row, target, 'LABEL_UNKNOWN', `has the label "${text}", which class_names does not have`);
    if (roles.split && Number.isNaN(at(batch, roles.split.place, row))) return problem(batch, row, columns[roles.split.place]!, 'VALUE_MISSING', 'says no part');
    for (const input of roles.inputs) {
      const fault = valueFault(input, at(batch, input.place, row));
      if (fault) return problem(batch, row, input.column, ...fault);
    }
    return undefined;
  };
}

type Fault = [BadRow['code'], string] | undefined;

function numberFault({ kind, column }: InputColumn, code: number): Fault {
  if (kind === 'categorical' || isNumber(code) || Number.isNaN(code)) return undefined;
  const text = column.texts[textIn(code)!];
  return ['NOT_A_NUMBER', text === undefined ? 'is no number' : `"${text.slice(0, 64)}" is no number`];
}

const strictFault = (input: InputColumn, code: number): Fault => (Number.isNaN(code) ? ['VALUE_MISSING', 'has no value'] : numberFault(input, code));

function pixelFault(input: InputColumn, code: number): Fault {
  const isPixel = Number.isInteger(code) && code >= 0 && code <= 255;
  return isPixel ? undefined : (strictFault(input, code) ?? ['NOT_A_PIXEL', `${code} is no whole number from 0 to 255`]);
}

/** Of all parts. */
export const rowsIn = (counts: Judged['counts']): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** @throws TABLE_EMPTY, TABLE_PARTS */
function requireRows(counts: Readonly<Record<Where, number>>, survey: Survey, problems: RowProblems): void {
  const names = survey.files.map(({ table }) => `"${table.file.name}"`).join(', ');
  if (rowsIn(counts) === 0) throw ServiceError.of('TABLE_EMPTY', names, problems.count === 0 ? 'it has no rows below its columns' : `none of its ${problems.count} rows can be read`);
  if (counts.whole > 0) return;
  const lacking = (['train', 'test'] as const).find((part) => counts[part] === 0);
  if (lacking) throw ServiceError.of('TABLE_PARTS', `the ${lacking} part has no rows`);
}

/**
 * Labels as numbers of classes. Without names in the request the classes are the texts that occur, in the order of their code units; where all are
 * whole numbers, in the order of the numbers.
 * @throws TABLE_COLUMNS, CLASSES_TOO_FEW
 */
function numbered(target: Column, asked: readonly string[] | null, classes: Int32Array | undefined, seen: Uint8Array, files: Judged['files']): Pick<Judged, 'classNames'> {
  const found = target.texts.filter((_, place) => seen[place] === 1);
  if (target.overflows && !asked) throw ServiceError.of('TABLE_COLUMNS', `column "${target.name}" holds more than ${MOST_CLASSES} different values and cannot tell classes; name the column to predict as "target"`);
  if (found.length < 2) throw ServiceError.of('CLASSES_TOO_FEW', found.length);
  const byNumber = found.every((text) => WHOLE.test(text));
  const names = asked ?? [...found].sort((one, other) => (byNumber ? Number(one) - Number(other) : 0) || (one < other ? -1 : 1));
  const places = new Map(names.map((name, place) => [name, place]));
  const classOf = classes ?? Int32Array.from(target.texts, (text) => places.get(text) ?? -1);
  if (new Set(Array.from(seen.keys()).filter((place) => seen[place] === 1).map((place) => classOf[place])).size < 2) throw ServiceError.of('CLASSES_TOO_FEW', 1);
  for (const { part, label } of files) label.forEach((text, row) => (label[row] = part[row] === UNUSED ? -1 : classOf[text]!));
  return { classNames: names };
}

// What is predicted of each row: its class, or a value.
import { MOST_CLASSES } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import { DISPLAY_NAME_PATTERN, LONGEST_DISPLAY_NAME } from '../../contract/schema.js';
import type { Labels, PackedForm } from '../packed-writer.js';
import { inClassOrder } from '../readers/class-labels.js';
import { isNumber, textIn } from './cell.js';
import type { BadRow } from './table.js';
import type { Column, Survey } from './survey.js';

export type Fault = readonly [code: BadRow['code'], detail: string] | undefined;

/** Rows of a file: the part of each, 0 where it cannot be used, and its label. */
export interface LabelledRows {
  readonly part: Uint8Array;
  readonly label: Labels;
}

export interface Target {
  /** In the scratch file. */
  readonly place: number;
  readonly name: string;
  fault(code: number): Fault;
  /** Room for the labels of as many rows. */
  room(rows: number): Labels;
  /** What is kept of a row that can be used. */
  labelOf(code: number): number;
  /** What the labels stand for, once all are kept. @throws TABLE_COLUMNS, CLASSES_TOO_FEW */
  finish(files: readonly LabelledRows[]): Pick<PackedForm, 'classNames' | 'targetNames'>;
}

/** @param classNames as the request has them, if it has */
export const targetFor = (survey: Survey, target: number, isRegression: boolean, classNames: readonly string[] | null): Target =>
  isRegression ? new Values(survey.columns.length, survey.targetValues) : new Classes(target, survey.columns[target]!, classNames);

/** Texts are quoted, where they are told apart. */
export function noNumber({ texts }: Column, code: number): Fault {
  const text = texts[textIn(code)!];
  return ['NOT_A_NUMBER', text === undefined ? 'is no number' : `"${text.slice(0, 64)}" is no number`];
}

class Values implements Target {
  readonly name: string;

  constructor(readonly place: number, private readonly column: Column) {
    this.name = column.name;
  }

  fault(code: number): Fault {
    if (Number.isNaN(code)) return ['LABEL_MISSING', 'has no value to predict'];
    return isNumber(code) ? undefined : noNumber(this.column, code);
  }

  room(rows: number): Float32Array {
    return new Float32Array(rows);
  }

  labelOf(code: number): number {
    return code;
  }

  finish(): Pick<PackedForm, 'classNames' | 'targetNames'> {
    return { classNames: [], targetNames: [this.name] };
  }
}

const NAME = new RegExp(DISPLAY_NAME_PATTERN, 'u');
const isName = (text: string): boolean => text.length <= LONGEST_DISPLAY_NAME && NAME.test(text);
const WHOLE = /^\d+$/;

/** Until the end a label is the place of its text. */
class Classes implements Target {
  readonly name: string;
  /** The class of each text, -1 for a text that names none; undefined where classes are named by the texts. */
  private readonly asked: Int32Array | undefined;
  /** Texts of rows that can be used. */
  private readonly seen: Uint8Array;

  constructor(readonly place: number, private readonly column: Column, private readonly names: readonly string[] | null) {
    this.name = column.name;
    this.seen = new Uint8Array(column.texts.length);
    this.asked = names ? askedClasses(column, names) : undefined;
  }

  fault(code: number): Fault {
    if (Number.isNaN(code)) return ['LABEL_MISSING', 'has no label'];
    const place = textIn(code)!;
    const text = this.column.texts[place];
    if (text === undefined || !isName(text)) return ['LABEL_UNKNOWN', 'has a label that can name no class: 1 to 128 printable characters can'];
    return this.asked && this.asked[place]! < 0 ? ['LABEL_UNKNOWN', `has the label "${text}", which class_names does not have`] : undefined;
  }

  room(rows: number): Int32Array {
    return new Int32Array(rows);
  }

  labelOf(code: number): number {
    const place = textIn(code)!;
    this.seen[place] = 1;
    return place;
  }

  /**
   * Without names in the request the classes are the texts that occur, in the order of their code units; where all are whole numbers, in the order
   * of the numbers.
   */
  finish(files: readonly LabelledRows[]): Pick<PackedForm, 'classNames'> {
    const found = this.column.texts.filter((_, place) => this.seen[place] === 1);
    if (this.column.overflows && !this.names) throw ServiceError.of('TABLE_COLUMNS', `column "${this.name}" holds more than ${MOST_CLASSES} different values and cannot tell classes; name the column to predict as "target", or ask for the task "regression"`);
    if (found.length < 2) throw ServiceError.of('CLASSES_TOO_FEW', found.length);
    const classNames = this.names ?? inClassOrder(found);
    const places = new Map(classNames.map((name, place) => [name, place]));
    const classOf = this.asked ?? Int32Array.from(this.column.texts, (text) => places.get(text) ?? -1);
    const different = new Set([...this.seen.keys()].filter((place) => this.seen[place] === 1).map((place) => classOf[place]));
    if (different.size < 2) throw ServiceError.of('CLASSES_TOO_FEW', 1);
    for (const { part, label } of files) label.forEach((text, row) => (label[row] = part[row] === 0 ? -1 : classOf[text]!));
    return { classNames };
  }
}

function askedClasses({ texts }: Column, names: readonly string[]): Int32Array {
  const places = new Map(names.map((name, place) => [name, place]));
  // Numbers of classes, counted from 0, unless the classes themselves are called by numbers.
  const byNumber = !names.some((name) => WHOLE.test(name));
  return Int32Array.from(texts, (text) => places.get(text) ?? (byNumber && WHOLE.test(text) && Number(text) < names.length ? Number(text) : -1));
}

// Which rows of a table can be used, and the part and the label of each.
import type { TableWanted } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import type { PartName } from '../../contract/parts.js';
import type { PackedForm } from '../packed-writer.js';
import type { RowProblems } from '../row-problems.js';
import { isNumber, textIn } from './cell.js';
import type { InputColumn, Roles } from './roles.js';
import type { Batch } from './scratch.js';
import type { BadRow } from './table.js';
import type { Column, Survey } from './survey.js';
import { noNumber, type Fault, type LabelledRows, type Target } from './target.js';

/** The part of a row, as a number: rows that cannot be used have none. */
export const UNUSED = 0;
export type Where = PartName | 'whole';
export const NUMBER_OF: Readonly<Record<Where, number>> = { whole: 1, train: 2, validation: 3, test: 4 };

export interface Judged {
  /** What the labels stand for. */
  readonly names: Pick<PackedForm, 'classNames' | 'targetNames'>;
  readonly files: readonly LabelledRows[];
  /** Rows of each part. */
  readonly counts: Readonly<Record<Where, number>>;
}

export interface Judging {
  readonly survey: Survey;
  readonly roles: Roles;
  readonly wanted: TableWanted;
  readonly target: Target;
  /** Of each file the part its name speaks of. */
  readonly partOfFile: readonly Where[];
  readonly problems: RowProblems;
}

/** @throws TABLE_COLUMNS, TABLE_PARTS, TABLE_EMPTY, CLASSES_TOO_FEW, ROWS_REFUSED */
export async function judge({ survey, roles, wanted, target, partOfFile, problems }: Judging): Promise<Judged> {
  const fault = faultsOf(survey.columns, roles, wanted, target);
  const counts: Record<Where, number> = { whole: 0, train: 0, validation: 0, test: 0 };
  const files: LabelledRows[] = [];
  for (const [number, { table, scratch }] of survey.files.entries()) {
    const [part, label] = [new Uint8Array(scratch.rows), target.room(scratch.rows)];
    let from = 0;
    for await (const batch of scratch.read()) {
      for (let row = 0; row < batch.rows; row += 1) {
        const problem = fault(batch, row);
        if (problem) {
          problems.add({ file: table.file.name, entry: null, ...problem });
          continue;
        }
        const where = roles.split ? roles.split.parts[textIn(at(batch, roles.split.place, row))!]! : partOfFile[number]!;
        counts[where] += 1;
        part[from + row] = NUMBER_OF[where];
        label[from + row] = target.labelOf(at(batch, target.place, row));
      }
      from += batch.rows;
    }
    files.push({ part, label });
  }
  requireRows(counts, survey, problems);
  return { names: target.finish(files), files, counts };
}

/** A cell of a batch; the first column is the line. */
export const at = ({ cells, rows }: Batch, column: number, row: number): number => cells[(1 + column) * rows + row]!;

/** What is wrong with a row, if something is. */
function faultsOf(columns: readonly Column[], roles: Roles, wanted: TableWanted, target: Target): (batch: Batch, row: number) => BadRow | undefined {
  const problem = (batch: Batch, row: number, { name }: { name: string }, [code, detail]: NonNullable<Fault>): BadRow => ({ line: batch.cells[row]!, field: name, code, detail });
  const valueFault = wanted.shape ? pixelFault : wanted.missing === 'bad_row' ? strictFault : numberFault;
  return (batch, row) => {
    const unlabelled = target.fault(at(batch, target.place, row));
    if (unlabelled) return problem(batch, row, target, unlabelled);
    if (roles.split && Number.isNaN(at(batch, roles.split.place, row))) return problem(batch, row, columns[roles.split.place]!, ['VALUE_MISSING', 'says no part']);
    for (const input of roles.inputs) {
      const fault = valueFault(input, at(batch, input.place, row));
      if (fault) return problem(batch, row, input.column, fault);
    }
    return undefined;
  };
}

/** What is wrong with the value of an input, if something is; a missing one is filled in. */
export const numberFault = ({ kind, column }: InputColumn, code: number): Fault =>
  kind === 'categorical' || isNumber(code) || Number.isNaN(code) ? undefined : noNumber(column, code);

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

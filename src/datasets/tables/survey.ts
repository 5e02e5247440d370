// The one reading of a table's text: every cell into the scratch file, and what each column turns out to hold.
import { join } from 'node:path';
import { ServiceError } from '../../contract/errors.js';
import type { RowProblems } from '../row-problems.js';
import { codeOfText, MISSING_CODE, read } from './cell.js';
import { Scratch } from './scratch.js';
import type { Cell, Table, TableRow } from './table.js';

/** Different texts of a column that are told apart; all others are one. */
export const MOST_TEXTS = 10_000;
const LONGEST_TEXT = 256;
/** Different texts of all columns, and the characters of them. */
const MOST_TEXTS_IN_ALL = 500_000;
const MOST_CHARACTERS_IN_ALL = 2 ** 24;

/** What a column holds. */
export class Column {
  numbers = 0;
  /** Numbers that are not whole. */
  fractions = 0;
  words = 0;
  missing = 0;
  /** Whether there are texts that are not told apart. */
  overflows = false;
  /** The different texts, in the order they are met; a text of any other place is one of those that are not told apart. */
  readonly texts: string[] = [];
  private readonly places = new Map<string, number>();

  /** @param literal whether what looks like a number is a text all the same */
  constructor(readonly name: string, readonly literal: boolean) {}

  placeOf(text: string, room: { texts: number; characters: number }): number {
    const known = this.places.get(text);
    if (known !== undefined) return known;
    if (this.texts.length >= MOST_TEXTS || text.length > LONGEST_TEXT || room.texts <= 0 || room.characters < text.length) {
      this.overflows = true;
      return MOST_TEXTS;
    }
    room.texts -= 1;
    room.characters -= text.length;
    this.places.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

export interface Survey {
  readonly columns: readonly Column[];
  /** The target once more, its numbers as numbers: whether they are classes or values only all of them tell. */
  readonly targetValues: Column;
  /** Of each table its cells: the line of a row, then a cell for each column, then one for the values of the target. */
  readonly files: readonly { readonly table: Table; readonly scratch: Scratch }[];
  close: () => Promise<void>;
}

export interface SurveyOptions {
  readonly target: string;
  readonly literal: ReadonlySet<string>;
  readonly problems: RowProblems;
  readonly scratchFolder: string;
}

/** @throws TABLE_CORRUPT, TABLE_COLUMNS where the tables have different columns */
export async function survey(tables: readonly Table[], { target, literal, problems, scratchFolder }: SurveyOptions): Promise<Survey> {
  const names = tables[0]!.columns;
  const columns = names.map((name) => new Column(name, literal.has(name)));
  const targetValues = new Column(target, false);
  const kept = [...columns, targetValues];
  const files: { table: Table; scratch: Scratch }[] = [];
  const close = async (): Promise<void> => void (await Promise.all(files.splice(0).map(({ scratch }) => scratch.close())));
  const room = { texts: MOST_TEXTS_IN_ALL, characters: MOST_CHARACTERS_IN_ALL };
  try {
    for (const table of tables) {
      const places = placesOf(names, table, tables[0]!);
      const order = [...places, places[names.indexOf(target)]!];
      const scratch = await Scratch.open(join(scratchFolder, `table-${files.length}`), 1 + kept.length);
      files.push({ table, scratch });
      const write = ({ line, cells }: TableRow): boolean => {
        scratch.set(0, line);
        for (let at = 0; at < kept.length; at += 1) scratch.set(1 + at, codeOf(kept[at]!, read(cells[order[at]!]!, kept[at]!.literal), room));
        return scratch.endRow();
      };
      await filled(scratch, table.rows((row) => problems.add({ file: table.file.name, entry: null, ...row })), write);
    }
  } catch (problem) {
    await close();
    throw problem;
  }
  return { columns, targetValues, files, close };
}

/** @param write puts a row into the scratch file, and says whether that must be flushed now */
async function filled(scratch: Scratch, batches: AsyncIterable<readonly TableRow[]>, write: (row: TableRow) => boolean): Promise<void> {
  for await (const rows of batches) {
    for (const row of rows) if (write(row)) await scratch.flush();
  }
  await scratch.flush();
}

/** The one number a cell that was read is kept as. @param room for texts that are told apart */
export function codeOf(column: Column, cell: Cell, room: { texts: number; characters: number }): number {
  if (cell === null) {
    column.missing += 1;
    return MISSING_CODE;
  }
  if (typeof cell === 'number') {
    column.numbers += 1;
    if (!Number.isInteger(cell)) column.fractions += 1;
    return cell;
  }
  column.words += 1;
  return codeOfText(column.placeOf(cell, room));
}

/** Where each column lies in a table, whose columns may come in another order. */
function placesOf(names: readonly string[], table: Table, first: Table): number[] {
  const places = new Map(table.columns.map((name, at) => [name, at]));
  const lacking = names.find((name) => !places.has(name)) ?? table.columns.find((name) => !names.includes(name));
  if (lacking === undefined) return names.map((name) => places.get(name)!);
  throw ServiceError.of('TABLE_COLUMNS', `"${first.file.name}" and "${table.file.name}" have different columns: only one of them has "${lacking}"`);
}

// New rows of a table, for a network that was trained on others: they become inputs by the very code that those went through.
import type { TableColumn } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import { MISSING_CODE, read } from './cell.js';
import { standardised } from './encode.js';
import { widthOf } from './fit.js';
import { at, numberFault } from './judge.js';
import type { InputColumn } from './roles.js';
import type { Batch } from './scratch.js';
import { codeOf, Column } from './survey.js';
import type { Cell } from './table.js';

/** What a row has for each of the columns, in their order. */
export interface NewRow {
  /** Of the text it came from, or its number; it is told where a value cannot be used. */
  readonly line: number;
  readonly cells: readonly Cell[];
}

/** They are held already: no column needs to be kept small. */
const ROOM = { texts: Infinity, characters: Infinity };

/**
 * float32 [rows × inputs]. A missing number becomes 0, the mean of the train part; a text that training did not tell apart is one of the others.
 * @param fault told of a value that is no number where there must be one; it must throw
 * @throws VALUE_TOO_FAR with the number of its row as the pointer, and what `fault` throws
 */
export function encodedRows(columns: readonly TableColumn[], rows: readonly NewRow[], fault: (row: number, column: string, detail: string) => never): Float32Array {
  const inputs = columns.map((column, place): InputColumn => ({ place, kind: column.kind, column: new Column(column.name, column.kind === 'categorical' && column.literal === true) }));
  const cells = new Float64Array((1 + columns.length) * rows.length);
  rows.forEach(({ line, cells: given }, row) => {
    cells[row] = line;
    inputs.forEach(({ place, column }) => {
      const cell = read(given[place]!, column.literal);
      cells[(1 + place) * rows.length + row] = cell === null ? MISSING_CODE : codeOf(column, cell, ROOM);
    });
  });
  const batch: Batch = { rows: rows.length, cells };
  const encode = standardised(inputs, columns);
  const width = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const values = new Float32Array(rows.length * width);
  for (let row = 0; row < rows.length; row += 1) {
    for (const input of inputs) {
      const found = numberFault(input, at(batch, input.place, row));
      if (found) fault(row, input.column.name, found[1]);
    }
    try {
      encode(batch, row, values, row * width);
    } catch (problem) {
      throw problem instanceof ServiceError ? problem.at(`/${row}`) : problem;
    }
  }
  return values;
}

// Rows of a data set that cannot be read: where each lies, and why.
import Type, { type Static } from './typebox.js';
import { closed, oneOf } from './schema.js';

/** Why a row is left out. The guide explains each; a test keeps the two the same. */
export const ROW_PROBLEM_CODES = [
  'PICTURE_CORRUPT', 'PICTURE_FORMAT', 'IMAGE_TOO_LARGE', 'PICTURE_MISSING',
  'FIELD_COUNT', 'LINE_TOO_LONG', 'NOT_JSON', 'NOT_A_NUMBER', 'NOT_A_PIXEL', 'VALUE_MISSING', 'LABEL_MISSING', 'LABEL_UNKNOWN',
] as const;

export const RowProblem = closed(
  {
    file: Type.String({ description: 'As it was sent.' }),
    entry: Type.Union([Type.String(), Type.Null()], { description: 'Within an archive.' }),
    line: Type.Union([Type.Integer(), Type.Null()], { description: 'Of a text file, or the row of a table, from 1.' }),
    field: Type.Union([Type.String(), Type.Null()], { description: 'The column.' }),
    code: oneOf(ROW_PROBLEM_CODES),
    detail: Type.String(),
  },
  { title: 'RowProblem' },
);
export type RowProblem = Static<typeof RowProblem>;

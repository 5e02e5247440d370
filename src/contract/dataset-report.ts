// What the reading of a data set found, before anything is trained on it: counts, statistics, rows that were left out, warnings.
import Type, { type Static } from './typebox.js';
import { DatasetId } from './ids.js';
import { PARTS } from './parts.js';
import { Failure } from './problem.js';
import { RowProblem } from './row-problem.js';
import { closed, nullable, oneOf } from './schema.js';

/** Fewer examples than this make a small class. */
export const SMALL_CLASS = 10;
/** The largest class over the smallest that has examples, in the train part, from where on classes are out of balance. */
export const IMBALANCE_RATIO = 10;
/** Row problems that the report itself lists; the rest are in its NDJSON form. */
export const MOST_FIRST_PROBLEMS = 1_000;
/** Examples of one warning. */
export const MOST_WARNING_EXAMPLES = 10;

const some = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** What may go wrong in training, each with its sentence. The guide explains each; a test keeps the two the same. */
export const WARNINGS = {
  ROWS_SKIPPED: (skipped: number, read: number) => `${some(skipped, 'row')} could not be read and ${skipped === 1 ? 'is' : 'are'} left out; ${read} ${read === 1 ? 'is' : 'are'} in the data set.`,
  CLASS_SMALL: (classes: number) => `${some(classes, 'class', 'classes')} with fewer than ${SMALL_CLASS} examples: little can be learnt of what is that rare, and what is measured of it moves by chance.`,
  CLASS_IMBALANCE: (ratio: number) => `The largest class of the train part has ${ratio} times the examples of the smallest: class_weights "balanced" makes up for that.`,
  CLASS_MISSING_IN_TRAIN: (classes: number) => `${some(classes, 'class', 'classes')} without an example in the train part: it cannot be learnt.`,
  CLASS_MISSING_IN_TEST: (classes: number) => `${some(classes, 'class', 'classes')} without an example in the test part: test metrics say nothing of it.`,
  DUPLICATES_ACROSS_PARTS: (exact: number, near: number) =>
    `${some(exact + near, 'row')} of one part also lie in an earlier part (${exact} the same, ${near} nearly): what is measured on them was trained on.`,
  DUPLICATES_WITHIN_PART: (exact: number, near: number) => `${some(exact + near, 'row')} are there before in their own part (${exact} the same, ${near} nearly): they count double in training.`,
  LABEL_CONFLICT: (inputs: number) => `${some(inputs, 'input')} under more than one class: no network can tell these apart.`,
  LABEL_TYPO: (pairs: number) => `${some(pairs, 'pair')} of class names that may be one class, written in two ways.`,
  CONSTANT_INPUT: (columns: number) => `${some(columns, 'column or channel', 'columns or channels')} with one value in all of the train part: nothing is learnt from it.`,
} as const satisfies Record<string, (...facts: number[]) => string>;
export type WarningCode = keyof typeof WARNINGS;

const part = oneOf(PARTS);

export const RowPlace = closed({ part, index: Type.Integer({ description: 'Within its part, from 0: GET /v1/datasets/{id}/examples/{index}?part= shows it.' }) });
export type RowPlace = Static<typeof RowPlace>;

export const Warning = closed(
  {
    code: oneOf(Object.keys(WARNINGS) as WarningCode[]),
    message: Type.String(),
    count: Type.Integer({ description: 'Of rows, classes, pairs of names, or columns.' }),
    examples: Type.Array(closed({ rows: Type.Array(RowPlace), classes: Type.Array(Type.String()), columns: Type.Array(Type.Integer()) }), {
      description: `At most ${MOST_WARNING_EXAMPLES}.`,
    }),
  },
  { title: 'Warning' },
);
export type Warning = Static<typeof Warning>;

/** Of the values as they are packed, before preprocessing. All but `missing` are of the values that are there, and null where none is. */
export const ValueStatistics = closed({
  min: nullable(Type.Number()),
  max: nullable(Type.Number()),
  mean: nullable(Type.Number()),
  deviation: nullable(Type.Number({ description: 'Square root of the mean squared distance from the mean: divided by the count, not by one less.' })),
  missing: Type.Number({ description: 'Share of values that are missing (NaN), 0 to 1.' }),
});
export type ValueStatistics = Static<typeof ValueStatistics>;

export const VALUES_BY = ['channel', 'column', 'all'] as const;

/** Duplicates are counted by rows, each at most once for an exact and once for a near one; a row counts where another like it came before it. */
export const Duplicates = closed({
  checked_share: Type.Number({ description: 'Share of all distinct rows that was looked at: 1, or less where rows are very many.' }),
  near: closed({
    checked: Type.Boolean({ description: 'Near duplicates are looked for among uint8 pictures of 9 × 8 or more, up to a million.' }),
    complete: Type.Boolean({ description: 'false where there were too many pictures alike to compare all of them.' }),
  }),
  across_parts: closed({ exact: Type.Integer(), near: Type.Integer() }),
  within_parts: closed({ exact: Type.Integer(), near: Type.Integer() }),
  label_conflicts: Type.Integer({ description: 'Inputs that occur under more than one class; 0 where the task is regression.' }),
});
export type Duplicates = Static<typeof Duplicates>;

/** What lies where on the preview sheet: cells from left to right, then down. */
export const PreviewSheet = closed({
  columns: Type.Integer(),
  cell_width: Type.Integer(),
  cell_height: Type.Integer(),
  gap: Type.Integer({ description: 'Pixels around and between the cells.' }),
  cells: Type.Array(closed({ part, index: Type.Integer(), label: nullable(Type.Integer({ description: 'The class; null where the task is regression.' })) })),
});
export type PreviewSheet = Static<typeof PreviewSheet>;

export const Problems = closed({
  total: Type.Integer(),
  by_code: Type.Record(Type.String(), Type.Integer()),
  listed: Type.Integer({ description: 'How many the NDJSON form has: all, up to a million.' }),
  first: Type.Array(RowProblem, { description: `The first ${MOST_FIRST_PROBLEMS}.` }),
});
export type Problems = Static<typeof Problems>;

export const PartReport = closed({ examples: Type.Integer(), class_counts: Type.Array(Type.Integer()), values: Type.Array(ValueStatistics) });

/** What was found in a data set that could be read. */
export const Findings = closed({
  input: closed({ shape: Type.Array(Type.Integer()), dtype: oneOf(['uint8', 'float32']), values_by: oneOf(VALUES_BY) }),
  classes: Type.Array(closed({ name: Type.String(), examples: Type.Integer(), share: Type.Number({ description: 'Of all examples, 0 to 1.' }) }), { description: 'Empty where the task is regression.' }),
  parts: closed({ train: PartReport, validation: Type.Optional(PartReport), test: PartReport }, { description: 'A validation part is there where the source has one.' }),
  duplicates: Duplicates,
  preview: nullable(PreviewSheet),
});
export type Findings = Static<typeof Findings>;

export const DatasetReport = closed(
  {
    object: Type.Literal('dataset_report'),
    dataset: DatasetId,
    status: oneOf(['ready', 'invalid']),
    error: nullable(Failure),
    rows: closed({ read: Type.Integer({ description: 'Packed; of an invalid data set, those that were packed until its reading ended.' }), skipped: Type.Integer() }),
    warnings: Type.Array(Warning),
    findings: Type.Union([Findings, Type.Null()], { description: 'null where the data set is invalid.' }),
    problems: Problems,
  },
  { $id: 'DatasetReport', title: 'DatasetReport' },
);
export type DatasetReport = Static<typeof DatasetReport>;

export const DatasetExample = closed(
  {
    object: Type.Literal('dataset_example'),
    dataset: DatasetId,
    part,
    index: Type.Integer(),
    shape: Type.Array(Type.Integer()),
    values: Type.Array(nullable(Type.Number()), { description: 'As they are packed, before preprocessing, the last axis fastest; null where one is missing.' }),
    label: nullable(Type.Integer({ description: 'The class; null where the task is regression, as is its name.' })),
    class_name: nullable(Type.String()),
    target: nullable(Type.Array(Type.Number(), { description: 'The values to predict, in the order of content.target.names; null where there are classes.' })),
  },
  { $id: 'DatasetExample', title: 'DatasetExample' },
);
export type DatasetExample = Static<typeof DatasetExample>;

// From tables to a data set: one reading of the text, then as many of its numbers as it takes to judge rows, to fit columns and to pack.
import type { TableColumn, TableWanted } from '../../contract/dataset.js';
import { ServiceError } from '../../contract/errors.js';
import { LABEL_BYTES, type Labels } from '../packed-writer.js';
import { MOST_VALUES_PER_EXAMPLE, type RawDataset, type SourcePart } from '../raw-dataset.js';
import { partInName } from '../part-names.js';
import type { ReadOptions } from '../readers/reader.js';
import { rowBytesOf, type RowType, type RowValues } from '../rows.js';
import { sizeText } from '../size-text.js';
import { pixels, standardised, type Encode } from './encode.js';
import { fitOf, widthOf } from './fit.js';
import { judge, NUMBER_OF, rowsIn, UNUSED, type Judged, type Where } from './judge.js';
import { areValues, literalColumns, rolesLike, rolesOf, targetOf, type Roles } from './roles.js';
import { survey, type Survey } from './survey.js';
import type { Table } from './table.js';
import { targetFor } from './target.js';

/** Examples that are handed on together take about this many bytes. */
const BATCH_BYTES = 2 ** 20;

/** @throws TABLE_CORRUPT, TABLE_COLUMNS, TABLE_PARTS, TABLE_EMPTY, CLASSES_TOO_FEW, DATASET_TOO_LARGE, ROWS_REFUSED */
export async function readTables(tables: readonly Table[], { table: wanted = {}, like, classNames, task, problems, scratchFolder, maxBytes }: ReadOptions): Promise<RawDataset> {
  const partOfFile = partsOfFiles(tables);
  const names = tables[0]!.columns;
  const targetName = targetOf(names, wanted);
  const found = await survey(tables, { target: targetName, literal: literalColumns(names, targetName, like ? literally(like.literal) : wanted), problems, scratchFolder });
  try {
    const roles = like ? rolesLike(found.columns, targetName, like.columns) : rolesOf(found.columns, targetName, wanted);
    const isRegression = task ? task === 'regression' : classNames === null && areValues(found.targetValues);
    const target = targetFor(found, roles.target, isRegression, classNames);
    const judged = await judge({ survey: found, roles, wanted, target, partOfFile, problems });
    return { ...dataset({ found, roles, judged, wanted, maxBytes, ...(like && { fitted: like.columns }) }), close: found.close };
  } catch (problem) {
    await found.close();
    throw problem;
  }
}

const literally = (names: readonly string[]): TableWanted => ({ columns: Object.fromEntries(names.map((name) => [name, 'categorical'] as const)) });

/** The part of each file, where all names say one; else all are one whole. @throws TABLE_PARTS where only some names say one */
function partsOfFiles(tables: readonly Table[]): Where[] {
  if (tables.length === 1) return ['whole'];
  const parts = tables.map(({ file }) => partInName(file.name));
  const stranger = tables.find((_, place) => parts[place] === undefined);
  if (stranger && parts.some((part) => part !== undefined)) throw ServiceError.of('TABLE_PARTS', `of several files each needs "train" or "test" in its name, or none; "${stranger.file.name}" has not one`);
  return parts.map((part) => part ?? 'whole');
}

interface Found {
  readonly found: Survey;
  readonly roles: Roles;
  readonly judged: Judged;
  readonly wanted: TableWanted;
  readonly maxBytes: number;
  /** What another table made of the inputs, which is made of them here. */
  readonly fitted?: readonly TableColumn[];
}

function dataset({ found, roles, judged, wanted, maxBytes, fitted }: Found): RawDataset {
  const { names, counts } = judged;
  const rows = rowsIn(counts);
  const requireSize = (shape: readonly number[], dtype: RowType): void => {
    const needed = rows * (rowBytesOf(shape, dtype) + LABEL_BYTES);
    if (needed > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(needed), sizeText(maxBytes));
  };
  let encoded: Encoded | undefined;
  const part = (where: Where): SourcePart => ({
    labels: labelsOf(judged, where),
    rows: () => encodedRows(found, judged, where, encoded!),
  });
  const content = counts.whole > 0 ? { whole: part('whole'), from: found.files.map(({ table }) => table.file.name).join(', ') } : { parts: { train: part('train'), ...(counts.validation > 0 && { validation: part('validation') }), test: part('test') } };

  if (wanted.shape) {
    const shape = wanted.shape.length === 2 ? [...wanted.shape, 1] : wanted.shape;
    requireSize(shape, 'uint8');
    encoded = { encode: pixels(roles.inputs) as Encode<RowValues>, width: roles.inputs.length, make: (length) => new Uint8Array(length) };
    return { shape, dtype: 'uint8', ...names, content };
  }
  return {
    shape: [roles.inputs.length],
    dtype: 'float32',
    ...names,
    content,
    async fit(trained) {
      const columns = fitted ?? (await fitColumns(found, roles, judged, trained));
      const width = columns.reduce((sum, column) => sum + widthOf(column), 0);
      if (width > MOST_VALUES_PER_EXAMPLE) throw ServiceError.of('TABLE_COLUMNS', `the columns become ${width} inputs; at most ${MOST_VALUES_PER_EXAMPLE} are accepted`);
      requireSize([width], 'float32');
      encoded = { encode: standardised(roles.inputs, columns) as Encode<RowValues>, width, make: (length) => new Float32Array(length) };
      return { shape: [width], dtype: 'float32', ...names, columns };
    },
  };
}

function labelsOf({ names, files, counts }: Judged, where: Where): Labels {
  const labels = names.targetNames ? new Float32Array(counts[where]) : new Int32Array(counts[where]);
  let filled = 0;
  for (const { part, label } of files) {
    for (let row = 0; row < part.length; row += 1) if (part[row] === NUMBER_OF[where]) labels[filled++] = label[row]!;
  }
  return labels;
}

/** @param trained of a whole, the places of the rows to train on among those that can be used, ascending */
async function fitColumns(found: Survey, { inputs }: Roles, { files }: Judged, trained: Uint32Array | null) {
  const fits = inputs.map(fitOf);
  let [used, next] = [0, 0];
  for (const [number, { scratch }] of found.files.entries()) {
    let from = 0;
    for await (const batch of scratch.read()) {
      for (let row = 0; row < batch.rows; row += 1) {
        const part = files[number]!.part[from + row];
        if (part === UNUSED) continue;
        const isTrained = trained ? trained[next] === used : part === NUMBER_OF.train;
        used += 1;
        if (!isTrained) continue;
        next += 1;
        for (const fit of fits) fit.add(batch, row);
      }
      from += batch.rows;
    }
  }
  let place = 0;
  return fits.map((fit) => {
    const column = fit.finish(place);
    place += widthOf(column);
    return column;
  });
}

interface Encoded {
  readonly encode: Encode<RowValues>;
  readonly width: number;
  readonly make: (length: number) => RowValues;
}

async function* encodedRows(found: Survey, { files }: Judged, where: Where, { encode, width, make }: Encoded): AsyncGenerator<RowValues> {
  const most = Math.max(1, Math.floor(BATCH_BYTES / make(width).byteLength));
  for (const [number, { scratch }] of found.files.entries()) {
    let from = 0;
    for await (const batch of scratch.read()) {
      const chosen: number[] = [];
      for (let row = 0; row < batch.rows; row += 1) if (files[number]!.part[from + row] === NUMBER_OF[where]) chosen.push(row);
      for (let start = 0; start < chosen.length; start += most) {
        const some = chosen.slice(start, start + most);
        const values = make(some.length * width);
        some.forEach((row, place) => encode(batch, row, values, place * width));
        yield values;
      }
      from += batch.rows;
    }
  }
}

// A table that is read as another was: with its columns, their categories and their standardisation, so that a network of the one can go on with the other.
import type { DatasetSource, TableWanted } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { Store } from '../store/store.js';
import { findDataset } from './registry.js';

/**
 * What is kept of the data set that `table.like` names: all of it that reading needs, so that it may be deleted afterwards.
 * @returns undefined where none is named
 * @throws DATASET_UNKNOWN, DATASET_NOT_READY, INVALID_VALUE
 */
export async function findLike(store: Store, table: TableWanted | undefined): Promise<DatasetSource['like']> {
  if (table?.like === undefined) return undefined;
  const both = (['columns', 'shape'] as const).find((field) => table[field] !== undefined);
  if (both) throw ServiceError.of('INVALID_VALUE', 'goes without "like", which says what becomes of the columns').at(`/table/${both}`);
  const other = await findDataset(store, table.like);
  if (!other) throw ServiceError.of('DATASET_UNKNOWN', table.like).at('/table/like');
  if (!other.content) throw ServiceError.of('DATASET_NOT_READY', table.like, other.status).at('/table/like');
  const { columns } = other.content.preprocessing;
  if (!columns) throw ServiceError.of('INVALID_VALUE', 'names a data set whose inputs are not the columns of a table').at('/table/like');
  return { columns, literal: other.source.like?.literal ?? columns.map(({ name }) => name).filter((name) => kindsOf(other.source).get(name) === 'categorical') };
}

const kindsOf = ({ table }: DatasetSource): Map<string, string> => new Map(Object.entries(table?.columns ?? {}));

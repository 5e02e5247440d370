// The data set that a request names.
import type { Dataset } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import { getDataset } from '../datasets/registry.js';
import type { Store } from '../store/store.js';

/** @throws DATASET_UNKNOWN at /dataset */
export async function askedDataset(store: Store, id: string): Promise<Dataset> {
  try {
    return await getDataset(store, id);
  } catch (problem) {
    if (problem instanceof ServiceError && problem.code === 'DATASET_NOT_FOUND') {
      throw ServiceError.of('DATASET_UNKNOWN', id).at('/dataset');
    }
    throw problem;
  }
}
